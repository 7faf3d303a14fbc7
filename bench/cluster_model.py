"""What a step of several ranks takes, by the model of docs/cluster.md: the tables there.

A layer's gradient, with those of the layers after it that are small, goes on its way when it is computed; the link
sends one after the other. A layer's next forward product waits until its sum has come.
"""

SMALL = [(784, 2048), (2048, 2048), (2048, 10)]
LARGE = 6 * [(4096, 4096)] + [(4096, 10)]
LATENCY = 20e-6  # seconds a message
PART_FLOATS = 65536


def messages(ranks, floats, width, bandwidth):
    """Seconds of the messages of `floats` gradient floats of `width` bytes: reduce-scatter and all-gather."""
    return 2 * (ranks - 1) * LATENCY + 2 * (ranks - 1) / ranks * width * floats / bandwidth


class Link:
    """Sends one message after the other: each bucket's nodes, then its sums, these after more urgent buckets."""

    def __init__(self):
        self.now, self.sending, self.added, self.left = 0.0, [], [], {}

    def begin(self, bucket, seconds):
        self.left[bucket] = [seconds / 2, seconds / 2]
        self.sending.append(bucket)

    def end_message(self, bucket):
        self.sending.remove(bucket)
        self.left[bucket].pop()
        if self.left[bucket]:
            self.added.append(bucket)
        else:
            del self.left[bucket]
        for other in sorted(self.added, reverse=True):
            if all(more <= other for more in self.left):
                self.added.remove(other)
                self.sending.append(other)

    def go_on(self, until, bucket=None):
        """To a time, or until a bucket is done, whichever is first."""
        while self.sending and self.now < until and (bucket is None or bucket in self.left):
            first = self.sending[0]
            seconds = min(self.left[first][-1], until - self.now)
            self.left[first][-1] -= seconds
            self.now += seconds
            if self.left[first][-1] <= 1e-12:
                self.end_message(first)
        if bucket is None:
            self.now = until


def step(layers, ranks, batch, speed, width, bandwidth):
    """Seconds computed, waited, and of all messages; `batch` samples a rank, which alone does `speed` a second."""
    products = [(n * m, n * m if i else 0) for i, (n, m) in enumerate(layers)]
    computed = batch / speed
    second = computed / sum(2 * forward + backward for forward, backward in products)
    buckets, floats = {}, 0  # by the first layer of each: the more urgent, the larger the number
    for i in reversed(range(len(layers))):
        floats += layers[i][0] * layers[i][1] + layers[i][1]
        if floats >= PART_FLOATS or i == 0:
            buckets[i] = (len(buckets), messages(ranks, floats, width, bandwidth))
            floats = 0
    link, time, began = Link(), 0.0, 0.0
    for _ in range(4):  # the first steps have no updates left to them
        began = time
        for i, (forward, _) in enumerate(products):
            if i in buckets:
                link.go_on(float("inf"), buckets[i][0])
                time = max(time, link.now)
            time += second * forward
            link.go_on(time)
        for i in reversed(range(len(layers))):
            time += second * products[i][0]  # the gradient
            link.go_on(time)
            if i in buckets:
                link.begin(*buckets[i])
            time += second * products[i][1]
            link.go_on(time)
    return computed, time - began - computed, sum(seconds for _, seconds in buckets.values())


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
