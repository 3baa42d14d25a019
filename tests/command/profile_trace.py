# SPDX-License-Identifier: MIT
"""Checks a trace, and prints what it says of its steps: NAME STATE FLOPS, sorted. Every event
has what the Trace Event Format asks of its phase, and the spans of a thread lie one inside the
other. usage: profile_trace.py FILE"""
import json
import sys

trace = json.load(open(sys.argv[1]))
threads, spans, steps = set(), {}, []
for event in trace["traceEvents"]:
    phase = event["ph"]
    assert event["pid"] == 1 and isinstance(event["name"], str), event
    if phase == "M":
        assert event["name"] in ("process_name", "thread_name", "thread_sort_index"), event
        if event["name"] == "thread_name":
            threads.add(event["tid"])
            assert event["args"]["name"], event
    elif phase == "C":
        assert event["ts"] >= 0 and event["args"]["MiB"] > 0, event
    else:
        assert phase == "X" and event["cat"] and isinstance(event["args"], dict), event
        begin, length = round(1000 * event["ts"]), round(1000 * event["dur"])
        assert begin >= 0 and length >= 0, event
        spans.setdefault(event["tid"], []).append((begin, begin + length, event["name"]))
        if event["cat"] == "step" and "state" in event["args"]:
            steps.append((event["name"], event["args"]["state"], event["args"]["flops"]))

assert threads and set(spans) <= threads, (threads, set(spans))
for thread, of_thread in spans.items():
    open_ends = []
    for begin, end, name in sorted(of_thread, key=lambda span: (span[0], -span[1])):
        while open_ends and open_ends[-1] <= begin:
            open_ends.pop()
        assert not open_ends or end <= open_ends[-1], (thread, begin, end, name)
        open_ends.append(end)
for step in sorted(steps):
    print(*step)
