# SPDX-License-Identifier: MIT
# What a real validator makes of files with the schema that the program prints. Every file
# that is shipped is accepted; every file of tests/config-errors whose fault is a type, a
# range, a word or an unknown key is rejected.
# usage: validate.py SLUICE YAML_JSON SOURCE_FOLDER
import glob
import json
import os
import re
import subprocess
import sys

import jsonschema

sluice, yaml_json, source = sys.argv[1:]
failures = []


def trees(files):
    """The trees of files, as the program reads YAML; None where it does not."""
    lines = subprocess.run([yaml_json, *files], capture_output=True, check=True).stdout
    return {row["file"]: row["tree"] for row in map(json.loads, lines.splitlines())}


def found(*pattern):
    files = sorted(glob.glob(os.path.join(source, *pattern)))
    if not files:
        sys.exit("no file is " + os.path.join(*pattern))
    return files


# What a message says of a fault that a schema can state: by these words, and not by a list
# of files, so that a new bad file is looked at without being entered here.
FAULTS = re.compile(
    r"error: (unknown key|value missing|expected (?!a path|the name of a file|a mapping of ports)"
    r"|unknown (layer|optimizer|loss|metric|schedule|density|divergence|figure) "
    r"|module '[^']+' has no input|a stage is a mapping|must match|belongs to the sweep"
    r"|no \w+ module ')"
)
# Faults of these kinds that no schema of one file can tell, and why.
BEYOND = {
    "key-merge-twice": "a file that it uses may have said the kind of the stage",
    "sweep-condition": "conditions are a language of their own",
    "sweep-module-unknown": "values of a sweep are of any type: the path decides",
    "sweep-unread-key": "which paths lead somewhere depends on the rest of the file",
    "arithmetic-no-integer": "what a reference stands for is known when it is followed",
    "arithmetic-out-of-range": "what a reference stands for is known when it is followed",
    "arithmetic-syntax": "arithmetic is a language of its own",
    "reference-wrong-type": "what a reference stands for is known when it is followed",
    "key-merge-twice": "a file that is used may say the kind of a stage of any name",
    "sweep-logspace-0": "ranges of numbers that are made depend on how they are",
    "sweep-module-unknown": "values of a sweep are of any type: the path decides",
    "sweep-unread-key": "paths are names of any kind",
    "sweep-value-of-a-field": "values of a sweep are of any type: the path decides",
}


def is_for_schema(name):
    base = os.path.join(source, "tests", "config-errors", name)
    if os.path.exists(base + ".words"):
        return False  # the fault is on the command line
    with open(base + ".expected", encoding="utf-8", errors="replace") as file:
        told = file.read().splitlines() + [""]
    for line, shown in zip(told, told[1:]):
        # of this file, not of one that it uses, and not of a value that is made of others
        if line.startswith(name + ".yaml:") and FAULTS.search(line) and "${" not in shown:
            return True
    return False


schema = json.loads(subprocess.run([sluice, "schema"], capture_output=True, check=True).stdout)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def check_defaults(part, path):
    """A default is one of the values that its own rule allows."""
    if isinstance(part, dict):
        rule = {"$defs": schema["$defs"], "allOf": [part]}
        if "default" in part and not validator.evolve(schema=rule).is_valid(part["default"]):
            failures.append(f"the default of {path} is not allowed")
        for key, inner in part.items():
            check_defaults(inner, f"{path}/{key}")
    elif isinstance(part, list):
        for i, inner in enumerate(part):
            check_defaults(inner, f"{path}/{i}")


for name, part in schema["$defs"].items():
    check_defaults(part, name)

good = found("experiments", "*", "experiment.yaml") + found("configs", "*", "*.yaml")
good += found("tests", "golden", "*.yaml")
for file, tree in trees(good).items():
    for error in validator.iter_errors(tree):
        failures.append(f"{file} is right, and not accepted: {error.json_path}: {error.message[:200]}")

bad = found("tests", "config-errors", "*.yaml")
counted = 0
for file, tree in trees(bad).items():
    name = os.path.splitext(os.path.basename(file))[0]
    if not is_for_schema(name) or tree is None:
        continue
    if name in BEYOND:
        if not validator.is_valid(tree):
            failures.append(f"{name} is rejected after all: take it off the list")
        continue
    counted += 1
    if validator.is_valid(tree):
        failures.append(f"{name} is wrong, and accepted")

# What stands in no file above: JSON as a YAML reader makes it, and whether it is accepted.
use = {"use": "base.yaml"}
SAYS = [
    (True, {**use, "name": "a-1.b"}),
    (True, {**use, "name": 2026}),
    (True, {**use, "name": "${env:NAME}-1"}),
    (False, {**use, "name": "../x"}),
    (False, {**use, "name": "x/y"}),
    (False, {**use, "name": -1}),
    (False, {**use, "name": "x" * 101}),
    (True, {"use": ["a.yaml", {"model": "b"}], "env": ["HOME"], "modules": "x.so"}),
    (True, {**use, "env": "HOME", "modules": ["x.so", "y.so"]}),
    (False, {"use": ["${name}.yaml"]}),
    (False, {"use": [None]}),
    (False, {"use": [{"model": "../b"}]}),
    (False, {**use, "modules": [3]}),
    (False, {**use, "modules": [None]}),
    (False, {**use, "modules": "${x}.so"}),
    (False, {**use, "env": ["1A"]}),
    (True, {**use, "sweep": {"grid": {"a.b": [1, "${c}"]}, "repeats": "${seed}"}}),
    (True, {**use, "sweep": {"grid": {"a.b": {"range": [1, "${c}", 1]}}, "when": "${d}"}}),
    (True, {**use, "sweep": {"random": {"count": "${n}", "space": {"a": {"uniform": [0, "${b}"]}}}}}),
    (True, {**use, "sweep": {"grid": {"use.model": ["a", "b"]}}}),
    (False, {**use, "sweep": {"grid": {"use.model": ["../a"]}}}),
    (False, {**use, "sweep": {"grid": {"a.b": [1, 1]}}}),
    (True, {**use, "sweep": {"zip": {"a.b": [1, 1], "c.d": [1, 2]}}}),
    # no schema can say these: a reader of YAML makes 8 or 10 of 010, and 1000 of 1e3
    (True, {**use, "train": {"module": "flow", "epochs": 1e3}}),
]
for right, tree in SAYS:
    if validator.is_valid(tree) != right:
        failures.append(f"{'refused' if right else 'accepted'}: {tree}")

for text in failures:
    print("FAIL", text)
print(f"{len(good)} files accepted, {counted} rejected, {len(failures)} failures")
sys.exit(bool(failures) or counted < 20)
