"""A straight service with the same function, as a good developer writes it: FastAPI, AsyncOpenAI and pypdfium2.

LLM_BASE_URL names the engine. It accepts images and PDFs as a multipart upload, and sends the text as NDJSON while the
engine generates it. It reads four pages of a PDF concurrently, which is Inkstream's default, too.
"""

import asyncio
import base64
import io
import json
import os
from collections.abc import AsyncIterator

import pypdfium2
from fastapi import FastAPI, File, Form, UploadFile
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI

PROMPT = "Convert this page to Markdown."
PAGES_AT_ONCE = 4

app = FastAPI()
client = AsyncOpenAI(base_url=os.environ["LLM_BASE_URL"], api_key="none")
# PDFium is not thread-safe.
pdfium_lock = asyncio.Lock()


async def read_image(image: bytes) -> AsyncIterator[str]:
    url = "data:image/png;base64," + base64.b64encode(image).decode()
    stream = await client.chat.completions.create(
        model="default",
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": url}},
                    {"type": "text", "text": PROMPT},
                ],
            }
        ],
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


def line(**event: object) -> str:
    return json.dumps(event) + "\n"


def ndjson(lines: AsyncIterator[str]) -> StreamingResponse:
    return StreamingResponse(lines, media_type="application/x-ndjson")


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/api/ocr/image")
async def image(file: UploadFile = File()) -> StreamingResponse:
    image = await file.read()

    async def lines() -> AsyncIterator[str]:
        yield line(type="start", kind="image")
        async for delta in read_image(image):
            yield line(type="delta", delta=delta)
        yield line(type="end")

    return ndjson(lines())


def render(document: pypdfium2.PdfDocument, number: int, dpi: float) -> bytes:
    png = io.BytesIO()
    document[number].render(scale=dpi / 72).to_pil().save(png, format="PNG")
    return png.getvalue()


@app.post("/api/ocr/pdf")
async def pdf(file: UploadFile = File(), dpi: float = Form(150)) -> StreamingResponse:
    document = pypdfium2.PdfDocument(await file.read())
    pages = len(document)
    events: asyncio.Queue[str | None] = asyncio.Queue(maxsize=256)
    places = asyncio.Semaphore(PAGES_AT_ONCE)

    async def page(number: int) -> None:
        async with places:
            async with pdfium_lock:
                image = await asyncio.to_thread(render, document, number, dpi)
            await events.put(line(type="page_start", page=number + 1))
            async for delta in read_image(image):
                await events.put(line(type="page_delta", page=number + 1, delta=delta))
            await events.put(line(type="page_end", page=number + 1))

    async def all_pages() -> None:
        try:
            await asyncio.gather(*(page(number) for number in range(pages)))
        finally:
            await events.put(None)

    async def lines() -> AsyncIterator[str]:
        yield line(type="start", kind="pdf", pages=pages)
        reading = asyncio.create_task(all_pages())
        while (event := await events.get()) is not None:
            yield event
        await reading
        yield line(type="end")

    return ndjson(lines())
