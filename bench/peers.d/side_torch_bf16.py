"""PyTorch with bf16 autocast: products in bfloat16, weights and optimizer in float32."""

import side_torch
import torch
from side_torch import describe  # noqa: F401


class Network(side_torch.Network):
    def train(self, x, y):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            super().train(x, y)

    def predictor(self, x):
        predict = super().predictor(x)

        def predict_in_bf16():
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return predict().float()
        return predict_in_bf16
