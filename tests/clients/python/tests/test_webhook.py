import json
import unittest
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from mistok_client.webhook import WebhookVerificationError, verified

FILE = Path(__file__).parents[4] / "schema/webhook-vectors.json"


class Vectors(unittest.TestCase):
    def test_each(self) -> None:
        for vector in json.loads(FILE.read_text())["vectors"]:

            class Then(datetime):
                @classmethod
                def now(cls, tz=None, at=vector["now"]):
                    return cls.fromtimestamp(at, tz)

            with self.subTest(vector["name"]), patch("standardwebhooks.webhooks.datetime", Then):
                asked = (vector["secret"], vector["headers"], vector["body"].encode())
                if vector["verifies"]:
                    self.assertEqual(verified(*asked), json.loads(vector["body"]))
                else:
                    self.assertRaises(WebhookVerificationError, verified, *asked)
