"""Two processes of PyTorch DDP (gloo), a thread each, at the work of cluster.sh; prints samples a second.

Usage: cluster_ddp.py DATA.npz WIDTH BATCH
"""

import os
import sys
import time

import numpy
import torch
import torch.distributed
import torch.multiprocessing
from torch import nn

RANKS = 2


def layers(width):
    return nn.Sequential(nn.Linear(784, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
                         nn.Linear(width, 10))


def train(rank, path, width, batch):
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=RANKS)
    torch.manual_seed(1)
    model = nn.parallel.DistributedDataParallel(layers(width))
    data = numpy.load(path)
    inputs, labels = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    share = batch // RANKS
    began = 0.0
    steps = 0
    for epoch in range(2):  # the first one warms up
        began, steps = time.perf_counter(), 0
        order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(epoch))
        for at in range(0, len(order) - batch + 1, batch):
            mine = order[at + rank * share:at + (rank + 1) * share]
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[mine]), labels[mine]).backward()
            optimizer.step()
            steps += 1
    seconds = time.perf_counter() - began
    if rank == 0:
        print(round(steps * batch / seconds))
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29511")
    torch.multiprocessing.spawn(train, (sys.argv[1], int(sys.argv[2]), int(sys.argv[3])), RANKS)
