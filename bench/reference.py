# SPDX-License-Identifier: MIT
"""experiments/mnist-anomaly in PyTorch: what the program is compared with."""

import gzip
import os
import struct

import numpy as np
import torch

from measure import data_folder

WIDTHS = [784, 256, 128, 32, 128, 256, 784]
BATCH = 100
TRAIN = 50_000  # rows 0..49999 of MNIST's training file; the rest validates

IDX_TYPES = {
    0x08: ">u1",
    0x0C: ">i4",
    0x0D: ">f4",
    0x0E: ">f8",
}


def read_idx(path):
    """An IDX file, plain or with .gz behind its name."""
    opened = open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb")
    with opened as file:
        _, code, rank = struct.unpack(">HBB", file.read(4))
        shape = struct.unpack(f">{rank}I", file.read(4 * rank))
        return np.frombuffer(file.read(), IDX_TYPES[code]).reshape(shape)


def write_idx(path, values):
    values = np.asarray(values)
    code = {"i4": 0x0C, "f4": 0x0D, "f8": 0x0E}[values.dtype.str[1:]]
    with open(path, "wb") as file:
        file.write(struct.pack(">HBB", 0, code, values.ndim))
        file.write(struct.pack(f">{values.ndim}I", *values.shape))
        file.write(values.astype(IDX_TYPES[code]).tobytes())


def images(name, part, dtype=torch.float32):
    """n x 784, in 0..1."""
    pixels = read_idx(os.path.join(data_folder(name), f"{part}-images-idx3-ubyte"))
    return torch.from_numpy(pixels.reshape(len(pixels), -1).copy()).to(dtype) / 255


def autoencoder():
    """ReLU after every layer, the code's among them; a sigmoid at the output."""
    layers = []
    for n, m in zip(WIDTHS, WIDTHS[1:]):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    layers[-1] = torch.nn.Sigmoid()
    model = torch.nn.Sequential(*layers)
    with torch.no_grad():  # PyTorch's own default, spelt out
        for layer in model[::2]:
            bound = layer.in_features**-0.5
            layer.weight.uniform_(-bound, bound)
            layer.bias.uniform_(-bound, bound)
    return model


def parameters(model):
    """One vector: of each layer its weight (out x in, row-major), then its bias."""
    return torch.cat([p.detach().flatten() for p in model.parameters()]).numpy()


def train(model, x, order, foreach=False):
    """One Adam step for each batch of `order`; the loss of each batch, before its step."""
    adam = torch.optim.Adam(
        model.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, foreach=foreach
    )
    losses = []
    for rows in order.split(BATCH):
        batch = x[rows]
        adam.zero_grad(set_to_none=True)
        loss = torch.nn.functional.mse_loss(model(batch), batch)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


def scores(model, x):
    """Mean squared error of each row."""
    with torch.no_grad():
        return torch.cat([((model(rows) - rows) ** 2).mean(1) for rows in x.split(1000)])
