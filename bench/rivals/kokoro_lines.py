"""kokoro-onnx as a library in a process that stays: one JSON request a line in, one JSON answer a line out.

    python kokoro_lines.py FOLDER VOICES.npz

FOLDER is Vox's own view of the model: the very file that Vox loads, and its voices, which are repacked once
into the form that kokoro-onnx reads. Request: {"text", "voice"}. Answer: {"ms", "samples", "rate"}.
"""
import json
import os
import sys
import time

import numpy as np
from kokoro_onnx import Kokoro

STYLES = 510
STYLE_VALUES = 256


def repack(folder, target):
    with open(os.path.join(folder, "info.json"), encoding="utf-8") as file:
        speakers = json.load(file)["speakers"]
    styles = np.fromfile(os.path.join(folder, "voices.bin"), dtype=np.float32)
    styles = styles.reshape(-1, STYLES, 1, STYLE_VALUES)
    np.savez(target, **{name: styles[number] for name, number in speakers.items()})


def answer(kokoro, request):
    started = time.perf_counter()
    # Silence at the ends is cut after the fact, so it costs the same; kept, so that lengths compare.
    samples, rate = kokoro.create(request["text"], voice=request["voice"], lang="en-us", trim=False)
    return {"ms": (time.perf_counter() - started) * 1000, "samples": len(samples), "rate": rate}


def main():
    folder, voices = sys.argv[1:]
    if not os.path.exists(voices):
        repack(folder, voices)
    kokoro = Kokoro(os.path.join(folder, "model.onnx"), voices)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        try:
            print(json.dumps(answer(kokoro, json.loads(line))), flush=True)
        except Exception as error:  # the caller decides what a failed request means
            print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    main()
