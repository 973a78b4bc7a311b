"""Reads images with a program of the comparison: `python read.py tesseract|rapidocr|img2table < jobs`.

A job is a line of JSON with `path`, and perhaps `language` in Tesseract's codes. The answer is a line with `text`, `words` (each with its
confidence, 0 to 100), `tables` (each a list of cells `r`, `c`, `rs`, `cs`, `t`), `seconds` and perhaps `error`. When the input ends, the last
line has `peak_mb`, the maximum of the resident memory of the process that reads: the command's for `tesseract`, for the others that of this
process or of a command that it runs, whichever is more. Each program has one thread.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIN_WORD_LEVEL = 5


def tesseract():
    """The command line, which takes each image as its file is."""

    def read(path, language):
        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder) / "page"
            command = ["tesseract", path, str(base), "-l", language or "eng", "txt", "tsv"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "it failed silently")
            rows = [line.split("\t") for line in base.with_suffix(".tsv").read_text().splitlines()[1:]]
            words = [[row[11], float(row[10])] for row in rows if int(row[0]) == MIN_WORD_LEVEL and row[11].strip()]
            return {"text": base.with_suffix(".txt").read_text().replace("\f", ""), "words": words}

    return read


def rapidocr():
    """RapidOCR with the models of its wheel. Its confidence is that of a line, which each of the line's words gets."""
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={**threads, "Global.log_level": "error"})

    def read(path, _language):
        result = engine(path)
        lines = list(zip(result.txts or (), result.scores or ()))
        words = [[word, score * 100] for text, score in lines for word in text.split()]
        return {"text": "\n".join(text for text, _ in lines), "words": words}

    return read


def img2table():
    """img2table with Tesseract, for tables with and without rules. A cell that spans is repeated in each of its positions."""
    from img2table.document import Image
    from img2table.ocr import TesseractOCR

    engines = {}

    def read(path, language):
        language = language or "eng"
        if language not in engines:
            engines[language] = TesseractOCR(n_threads=1, lang=language)
        found = Image(path).extract_tables(ocr=engines[language], implicit_rows=True, borderless_tables=True)
        return {"text": "", "tables": [cells(table.content) for table in found]}

    return read


def cells(rows):
    places = {}
    for row, line in rows.items():
        for column, cell in enumerate(line):
            box = (cell.bbox.x1, cell.bbox.y1, cell.bbox.x2, cell.bbox.y2)
            places.setdefault(box, (cell.value or "", []))[1].append((row, column))
    spans = []
    for text, positions in places.values():
        (top, left), (bottom, right) = min(positions), max(positions)
        spans.append({"r": top, "c": left, "rs": bottom - top + 1, "cs": right - left + 1, "t": text})
    return spans


def image_of(path):
    """The path itself, or of a PDF's first page as an image of 200 dpi, which all programs take."""
    if not path.lower().endswith(".pdf"):
        return path
    import pypdfium2

    page = pypdfium2.PdfDocument(path)[0]
    image = Path(tempfile.mkdtemp()) / "page.png"
    page.render(scale=200 / 72).to_pil().save(image, dpi=(200, 200))
    return str(image)


def main():
    program = sys.argv[1]
    read = {"tesseract": tesseract, "rapidocr": rapidocr, "img2table": img2table}[program]()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        path = image_of(job["path"])
        begin = time.monotonic()
        try:
            answer = read(path, job.get("language"))
        except Exception as error:  # A program may raise anything; then it has read nothing.
            answer = {"text": "", "error": f"{type(error).__name__}: {error}"}
        answer["seconds"] = time.monotonic() - begin
        print(json.dumps(answer), flush=True)
    processes = [resource.RUSAGE_CHILDREN, *([] if program == "tesseract" else [resource.RUSAGE_SELF])]
    peak = max(resource.getrusage(process).ru_maxrss for process in processes)
    print(json.dumps({"peak_mb": peak * 1024 / 1e6}), flush=True)


if __name__ == "__main__":
    main()
