"""PyTorch with bf16 autocast: products in bfloat16, weights and optimizer in float32.

The cache of autocast lives as long as its context: weights cast before the first step would be used in all.
"""

import side_torch
import torch
from side_torch import describe  # noqa: F401


class Network(side_torch.Network):
    def train(self, x, y):
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
            super().train(x, y)

    def predictor(self, x):
        predict = super().predictor(x)

        def predict_in_bf16():
            with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
                return predict().float()
        return predict_in_bf16
