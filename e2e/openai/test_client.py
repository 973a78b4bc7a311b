"""OpenAI's own client, unchanged, against a server without and one with accounts. e2e/tests/openai.test.js starts both.

OPENAI_BASE_URL and OPENAI_API_KEY are the client's own settings; the server behind ANONYMOUS_URL asks for no key.
"""

import base64
import os
import pathlib
import struct
import unittest

import openai

FIXTURES = pathlib.Path(__file__).parents[2] / "backend/testkit/fixtures"
PAGE = (FIXTURES / "page.txt").read_text()
PICTURE = base64.b64encode((FIXTURES / "page.png").read_bytes()).decode()
MODEL = "embedded"
MODELS = [MODEL, "ppocr", "tesseract"]


def message(*urls):
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"role": "user", "content": [{"type": "text", "text": "Read this page."}, *parts]}]


MESSAGES = message(f"data:image/png;base64,{PICTURE}")


def words(text):
    return text.split()


def anonymous():
    # The client wants a key; what people write where there is none is EMPTY.
    return openai.OpenAI(base_url=os.environ["ANONYMOUS_URL"], api_key="EMPTY", max_retries=0)


class Answers:
    """What holds with and without accounts; `client` is the subclass'."""

    def test_the_models_are_listed(self):
        models = self.client.models.list().data
        self.assertEqual([(model.id, model.object) for model in models], [(model, "model") for model in MODELS])

    def test_a_whole_answer_has_the_text_and_its_usage(self):
        answer = self.client.chat.completions.create(model=MODEL, messages=MESSAGES)
        self.assertEqual(words(answer.choices[0].message.content), words(PAGE))
        self.assertEqual((answer.object, answer.model), ("chat.completion", MODEL))
        self.assertEqual((answer.choices[0].finish_reason, answer.choices[0].message.role), ("stop", "assistant"))
        self.assertGreater(answer.usage.completion_tokens, 50)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)

    def test_a_stream_comes_in_parts_and_ends_with_a_reason_and_the_usage(self):
        options = {"include_usage": True}
        with self.client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True, stream_options=options) as stream:
            chunks = list(stream)
        *parts, last = chunks
        texts = [chunk.choices[0].delta.content for chunk in parts if chunk.choices[0].delta.content]
        self.assertGreater(len(texts), 10, "a line is a part")
        self.assertEqual(words("".join(texts)), words(PAGE))
        self.assertEqual([chunk.choices[0].finish_reason for chunk in parts if chunk.choices[0].finish_reason], ["stop"])
        self.assertEqual({chunk.id for chunk in chunks}, {chunks[0].id})
        self.assertEqual([chunk.usage for chunk in parts if chunk.usage], [])
        self.assertEqual(last.choices, [])
        self.assertGreater(last.usage.completion_tokens, 50)

    def test_boxes_come_through_extra_body(self):
        answer = self.client.chat.completions.create(model=MODEL, messages=MESSAGES, extra_body={"boxes": True})
        page = answer.pages[0]
        self.assertEqual((page["width"], page["height"]), (1240, 1000))
        read = [box for box in answer.boxes if box["kind"] == "word"]
        self.assertEqual([box["text"] for box in read], words(PAGE))
        for box in read:
            x, y, width, height = box["box"]
            self.assertTrue(0 < x < x + width < 1240 and 0 < y < y + height < 1000, box)

    def test_the_image_comes_back_with_its_boxes_drawn(self):
        answer = self.client.chat.completions.create(model=MODEL, messages=MESSAGES, extra_body={"annotate": True})
        kind, data = answer.annotated_image.split(",")
        self.assertEqual(kind, "data:image/png;base64")
        drawn = base64.b64decode(data)
        self.assertEqual(struct.unpack(">II", drawn[16:24]), (1240, 1000))
        self.assertNotEqual(drawn, base64.b64decode(PICTURE))

    def test_without_an_image_it_is_a_bad_request_that_says_so(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.client.chat.completions.create(model=MODEL, messages=message())
        error = raised.exception
        self.assertEqual((error.status_code, error.type, error.param), (400, "invalid_request_error", "messages"))
        self.assertIn("no image", error.body["message"])

    def test_an_unknown_model_is_not_found(self):
        with self.assertRaises(openai.NotFoundError) as raised:
            self.client.chat.completions.create(model="gpt-9", messages=MESSAGES)
        self.assertEqual((raised.exception.status_code, raised.exception.code), (404, "model_not_found"))


class Anonymous(Answers, unittest.TestCase):
    def setUp(self):
        self.client = anonymous()
        self.addCleanup(self.client.close)


class WithAKey(Answers, unittest.TestCase):
    def setUp(self):
        self.client = openai.OpenAI(max_retries=0)
        self.addCleanup(self.client.close)

    def test_a_wrong_key_is_an_authentication_error(self):
        stranger = self.client.with_options(api_key="ink_wrong")
        for ask in (stranger.models.list, lambda: stranger.chat.completions.create(model=MODEL, messages=MESSAGES)):
            with self.assertRaises(openai.AuthenticationError) as raised:
                ask()
            self.assertEqual((raised.exception.status_code, raised.exception.code), (401, "invalid_api_key"))

    def test_a_key_beyond_its_rate_is_a_rate_limit_error_that_says_when(self):
        busy = self.client.with_options(api_key=os.environ["BUSY_KEY"])
        with self.assertRaises(openai.RateLimitError) as raised:
            for _ in range(int(os.environ["RATE_LIMIT_KEY"]) + 2):
                busy.models.list()
        self.assertEqual((raised.exception.status_code, raised.exception.code), (429, "rate_limit_exceeded"))
        self.assertGreater(int(raised.exception.response.headers["retry-after"]), 0)


if __name__ == "__main__":
    unittest.main()
