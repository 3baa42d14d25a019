"""What a small evaluator of ONNX says of rows, beside what sluice says.

usage: evaluate_onnx.py MODEL.onnx ROWS.csv APPLIED.csv [MODEL.npz]
"""
import math
import sys

import numpy as np
import onnx
import onnx.checker
from onnx import numpy_helper

OPS = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Div": lambda a, b: a / b,
    "Mul": lambda a, b: a * b,
    "Abs": np.abs,
    "Min": np.minimum,
    "Max": np.maximum,
    "Greater": lambda a, b: a > b,
    "Identity": lambda a: a,
    "Relu": lambda a: np.maximum(a, 0),
    "Sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "Tanh": np.tanh,
    "PRelu": lambda a, slope: np.where(a < 0, slope * a, a),
    "Elu": lambda a: np.where(a < 0, np.expm1(np.minimum(a, 0)), a),
    "Erf": lambda a: np.vectorize(math.erf)(a).astype(a.dtype),
    "Sqrt": np.sqrt,
    "Softplus": lambda a: np.logaddexp(0, a),
    "Reshape": lambda a, shape: a.reshape(shape),
}
TYPES = {1: np.float32, 11: np.float64}


def evaluate(model, x):
    values = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    values["x"] = x
    for node in model.graph.node:
        inputs = [values[name] for name in node.input]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Gemm":
            assert attributes == {"transB": 1}
            result = inputs[0] @ inputs[1].T + inputs[2]
        elif node.op_type == "Cast":
            result = inputs[0].astype(TYPES[attributes["to"]])
        elif node.op_type == "ReduceMean":
            result = inputs[0].mean(axis=tuple(attributes["axes"]), keepdims=True)
        else:
            result = OPS[node.op_type](*inputs)
        values[node.output[0]] = result
    return {output.name: values[output.name] for output in model.graph.output}


def main():
    model = onnx.load(sys.argv[1])
    onnx.checker.check_model(model, full_check=True)
    rows = np.loadtxt(sys.argv[2], delimiter=",", ndmin=2)
    applied = np.genfromtxt(sys.argv[3], delimiter=",", names=True)
    out = evaluate(model, rows)
    assert set(out) == {"score", "reconstruction", "flagged"}, set(out)
    assert out["score"].dtype == np.float64 and out["reconstruction"].dtype == np.float32
    error = np.abs(out["score"] / applied["score"] - 1).max()
    assert error < 1e-5, error
    assert (out["flagged"] == applied["flagged"]).all()
    assert out["reconstruction"].shape == rows.shape
    if len(sys.argv) > 4:
        arrays = np.load(sys.argv[4])
        weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        assert (arrays["parameters/encoder.0.weight"] == weights["encoder.0.weight"]).all()
        assert arrays["rule/threshold"] == weights["threshold"]
        assert b"autoencoder" in arrays["module"][()] and b"encoder:" in arrays["config"][()]
    print(f"largest difference of a score: {error:.2g}")


main()
