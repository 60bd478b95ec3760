"""What the service is measured against: the usual Flask app, one picture a request.

It checks the picture, makes it RGB, encodes it again and posts it to the model as JSON. `--tuned`
does what Pillow offers for speed: `draft`, and a thumbnail.

    flask-app.py cell FILE FIRST COUNTED [--tuned]    requests within the process, without a model; prints their cost
    flask-app.py serve MODEL_URL [--tuned]            serves on a free port, which is printed; GET /cost
"""

import base64
import io
import json
import resource
import sys
import time
import urllib.request

from flask import Flask, jsonify, request
from PIL import Image

TUNED_EDGE_PIXELS = 1536
Image.MAX_IMAGE_PIXELS = 60_000_000
PROMPT = "Describe this picture."


def prepare(data, tuned):
    Image.open(io.BytesIO(data)).verify()
    picture = Image.open(io.BytesIO(data))
    if tuned:
        edge = (TUNED_EDGE_PIXELS, TUNED_EDGE_PIXELS)
        picture.draft("RGB", edge)
        picture.thumbnail(edge)
    converted = picture if picture.mode == "RGB" else picture.convert("RGB")
    encoded = io.BytesIO()
    converted.save(encoded, "JPEG")
    return encoded.getvalue()


def ask_model(url, jpeg):
    media = {"mimeType": "image/jpeg", "data": base64.b64encode(jpeg).decode()}
    body = json.dumps({"contents": [{"parts": [{"text": PROMPT}, {"inlineData": media}]}]})
    if not url:
        return {}
    headers = {"content-type": "application/json", "x-goog-api-key": "bench"}
    call = urllib.request.Request(url, body.encode(), headers)
    with urllib.request.urlopen(call) as response:
        return json.load(response)


def create_app(url, tuned):
    app = Flask(__name__)

    @app.post("/analyze")
    def analyze():
        jpeg = prepare(request.files["file"].read(), tuned)
        ask_model(url, jpeg)
        return jsonify(status="success", bytes=len(jpeg))

    @app.get("/cost")
    def cost():
        return jsonify(cpuMs=read_cpu_ms(), peakMiB=read_peak_mib())

    return app


def read_cpu_ms():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1000


def read_peak_mib():
    """VmHWM: ru_maxrss begins with the parent's."""
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(each for each in status if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def run_cell(file, first, counted, tuned):
    client = create_app(None, tuned).test_client()

    def post():
        with open(file, "rb") as opened:
            answer = client.post("/analyze", data={"file": (opened, "picture")})
        assert answer.status_code == 200, answer.status
        return answer.json["bytes"]

    for _ in range(first):
        sent = post()
    cpu, wall = read_cpu_ms(), time.monotonic()
    for _ in range(counted):
        post()
    cpu_ms = (read_cpu_ms() - cpu) / counted
    wall_ms = (time.monotonic() - wall) * 1000 / counted
    print(json.dumps({"cpuMs": cpu_ms, "wallMs": wall_ms, "peakMiB": read_peak_mib(), "bytes": sent}))


def serve(url, tuned):
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, create_app(url, tuned))
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    is_tuned = "--tuned" in sys.argv
    mode, *rest = [each for each in sys.argv[1:] if each != "--tuned"]
    if mode == "cell":
        run_cell(rest[0], int(rest[1]), int(rest[2]), is_tuned)
    else:
        serve(rest[0], is_tuned)
