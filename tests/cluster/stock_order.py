"""A stock producer and two stock push consumers of a group that keep an order, as one process."""

import pathlib
import threading

import cluster
import history
import push_reader
import stock_producer

PROGRAM = pathlib.Path(__file__).with_name("StockOrder.java")
KEYS = 8
END_DEADLINE_S = 30


class StockOrder:
    """What it tells is in order."""

    def __init__(self, version, namesrv, topic, group, directory):
        self.order = history.KeyOrder()
        self.said = set()
        self.errors = directory / "order.err"
        command = [*push_reader.program(version, directory, is_eager=True, source=PROGRAM), namesrv, topic, group, str(KEYS)]
        self.process = stock_producer.start(command, directory, self.errors)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        self.says("started", cluster.START_DEADLINE_S)
        # A producer that finds no route yet takes that of new topics, with other queues.
        cluster.wait_for(lambda: all(self.order.sent[key] for key in range(KEYS)), "a message of each key is accepted")

    def listen(self):
        for line in self.process.stdout:
            word, *place = line.split()
            if word == "sent":
                self.order.was_sent(*map(int, place))
            elif word == "got":
                self.order.came(*map(int, place))
            elif word == "shared":
                self.order.was_shared(*map(int, place))
            else:
                self.said.add(word)

    def says(self, word, seconds):
        cluster.wait_for(lambda: word in self.said,
                         lambda: f'the clients that keep an order say "{word}"\n{self.errors.read_text()[-2000:]}', seconds)

    def end(self):
        """Of the sending."""
        self.process.stdin.write("end\n")
        self.process.stdin.flush()
        self.says("ended", END_DEADLINE_S)

    def rules(self, seconds):
        """After the end of the sending; what is on its way may take so long."""
        try:
            cluster.wait_for(lambda: not self.order.lost(), "all has come", seconds)
        except cluster.ClusterFailed:
            pass  # The rules say what is lacking.
        self.process.kill()
        self.process.wait()
        self.thread.join(END_DEADLINE_S)
        silent = [f"key {key}" for key in range(KEYS) if not self.order.sent[key]]
        unmoved = [] if self.order.moves else ["all messages of each queue came to one consumer"]
        return [*self.order.rules(), ("messages of all keys are accepted", silent), ("queues change hands", unmoved)]
