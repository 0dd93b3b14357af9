"""The original STT server's metrics as its own library writes them, against what our server says (its text on standard input).
The table is stt-ws.md section 4. Prints what a scraper would miss, as JSON."""

import json
import sys
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

GAUGES = ["stt_active_connections", "stt_q_in_depth", "stt_q_out_depth"]
COUNTERS = {
    "stt_close_total": {"code": "1000"},
    "stt_error_total": {"code": "1008"},
    "stt_in_bytes_total": {},
    "stt_out_events_total": {"type": "final"},
    "stt_q_in_overflow_total": {},
    "stt_q_in_frames_dropped_total": {},
    "stt_q_out_overflow_total": {},
    "stt_partials_dropped_backpressure": {},
    "stt_finalize_total": {"reason": "commit"},
}
HISTOGRAMS = {
    "stt_asr_infer_ms": [10, 25, 50, 100, 250, 500, 1000, 2500, 5000],
    "stt_ttfb_ms": [25, 50, 100, 250, 500, 1000, 2500],
    "stt_final_latency_ms": [50, 100, 250, 500, 1000, 2500, 5000],
}


def original() -> str:
    registry = CollectorRegistry()
    for name in GAUGES:
        Gauge(name, name, registry=registry)
    for name, labels in COUNTERS.items():
        counter = Counter(name, name, list(labels), registry=registry)
        (counter.labels(**labels) if labels else counter).inc()
    for name, buckets in HISTOGRAMS.items():
        Histogram(name, name, buckets=buckets, registry=registry).observe(1)
    return generate_latest(registry).decode()


def bound(labels: dict) -> dict:
    """Bounds of buckets are written as 10.0 there and as 10 here: the same number."""
    return {key: float(value) if key == "le" else value for key, value in labels.items()}


def series(text: str) -> dict:
    """Every sample by name and labels: its type, and its value."""
    return {
        json.dumps([sample.name, bound(sample.labels)], sort_keys=True): (family.type, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


ours, theirs = series(sys.stdin.read()), series(original())
missing = [key for key, (kind, _) in theirs.items() if ours.get(key, (None,))[0] != kind]
created = [value for key, (_, value) in ours.items() if key.startswith('["stt_') and "_created" in key]
now = time.time()
print(
    json.dumps(
        {
            "wanted": len(theirs),
            "missing": missing,
            "created": len(created),
            "wrong": [value for value in created if not now - 600 < value <= now],
        }
    )
)
