"""What a step of several ranks takes, by the model of docs/cluster.md: the tables there.

A layer's gradient, with those of the layers after it that are small, goes on its way when it is computed; the link
sends one after the other. What has not come when the last product is computed is waited for.
"""

SMALL = [(784, 2048), (2048, 2048), (2048, 10)]
LARGE = 6 * [(4096, 4096)] + [(4096, 10)]
LATENCY = 20e-6  # seconds a message
PART_FLOATS = 65536


def messages(ranks, floats, width, bandwidth):
    """Seconds of the messages of `floats` gradient floats of `width` bytes: reduce-scatter and all-gather."""
    return 2 * (ranks - 1) * LATENCY + 2 * (ranks - 1) / ranks * width * floats / bandwidth


def step(layers, ranks, batch, speed, width, bandwidth):
    """Seconds computed, waited, and of all messages; `batch` samples a rank, which alone does `speed` a second."""
    products = [(n * m, n * m if i else 0) for i, (n, m) in enumerate(layers)]
    second = batch / speed / sum(2 * forward + backward for forward, backward in products)
    time = second * sum(forward for forward, _ in products)
    free, floats, sent = 0.0, 0, 0.0
    for i in reversed(range(len(layers))):
        time += second * products[i][0]  # the gradient
        floats += layers[i][0] * layers[i][1] + layers[i][1]
        if floats >= PART_FLOATS or i == 0:
            seconds = messages(ranks, floats, width, bandwidth)
            free = max(time, free) + seconds
            sent += seconds
            floats = 0
        time += second * products[i][1]
    return time, max(0.0, free - time), sent


def main():
    for width in (4, 2):
        print(f"{width} bytes a float, 1024 samples a rank: 2048 at 10 and 100 Gbit/s, 4096 x 6 at 10 and 100")
        for ranks in (2, 8, 64, 512):
            cells = []
            for layers, speed in ((SMALL, 12000), (LARGE, 700)):
                for bandwidth in (1.25e9, 12.5e9):
                    computed, waited, _ = step(layers, ranks, 1024, speed, width, bandwidth)
                    cells.append(f"{100 * computed / (computed + waited):.0f} %")
            print(f"| {ranks} | " + " | ".join(cells) + " |")
    for batch in (512, 1024):
        for width in (4, 2):
            _, waited, sent = step(SMALL, 2, batch, 6000, width, 0.125e9)
            print(f"1 Gbit/s, 2 ranks, {batch} samples a rank, {width} bytes: messages {1e3 * sent:.0f} ms, "
                  f"hidden {100 - 100 * waited / sent:.0f} %")


if __name__ == "__main__":
    main()
