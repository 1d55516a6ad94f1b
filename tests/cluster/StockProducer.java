import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.hook.SendMessageContext;
import org.apache.rocketmq.client.hook.SendMessageHook;
import org.apache.rocketmq.client.impl.MQClientManager;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.remoting.exception.RemotingException;

/**
 * A stock producer with default settings that sends on time: each send has a thread of its own, so that one that hangs
 * holds up none of those that follow. A line "route" makes it ask for the route as it does every 30 s, which it
 * answers by "routed", a line "topic TOPIC" makes it send there; any other line ends it.
 *
 * <p>Prints "waits" each time that it finds no route for its first send. Then "begins NANOS MILLIS", the same moment of System.nanoTime and System.currentTimeMillis; then for each send
 * that has ended "KEY BEGUN ENDED STATUS BROKER QUEUE OFFSET REQUESTS", in nanoseconds of System.nanoTime, or for one that
 * failed the exception's name as its status, "-", and -1 twice. A client that gets no answer sends again: REQUESTS says how
 * often it sent.
 */
public final class StockProducer {
    private static volatile boolean ending;
    private static volatile String topic;

    public static void main(String[] arguments) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("stock-producers");
        producer.setNamesrvAddr(arguments[0]);
        producer.getDefaultMQProducerImpl().registerSendMessageHook(new Counting());
        producer.start();
        topic = arguments[1];
        long interval = (long) (1e9 / Double.parseDouble(arguments[2]));
        byte[] padding = new byte[Integer.parseInt(arguments[3])];
        ExecutorService threads = new ThreadPoolExecutor(0, 2000, 10, TimeUnit.SECONDS, new SynchronousQueue<>());
        connect(producer, padding);
        say("begins " + System.nanoTime() + " " + System.currentTimeMillis());
        Thread orders = new Thread(() -> obey(producer));
        orders.setDaemon(true);
        orders.start();
        long due = System.nanoTime();
        for (int number = 0; !ending; number++) {
            String key = "stock-" + number;
            threads.execute(() -> send(producer, key, body(key, padding)));
            due = Math.max(due + interval, System.nanoTime() - interval);
            LockSupport.parkNanos(due - System.nanoTime());
        }
        threads.shutdown();
        threads.awaitTermination(15, TimeUnit.SECONDS);
        System.exit(0); // What the client leaves running would keep the virtual machine.
    }

    /** By a first send, however long it takes until a NameServer knows where to. */
    private static void connect(DefaultMQProducer producer, byte[] padding) throws InterruptedException {
        while (true) {
            try {
                producer.send(new Message(topic, "", "stock-first", body("stock-first", padding)));
                return;
            } catch (MQClientException unknown) {
                say("waits");
                Thread.sleep(100);
            } catch (RemotingException | MQBrokerException failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    private static void obey(DefaultMQProducer producer) {
        try {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (true) {
                String line = lines.readLine();
                if ("route".equals(line)) {
                    askRoute(producer);
                    say("routed");
                } else if (line != null && line.startsWith("topic ")) {
                    topic = line.substring("topic ".length());
                } else {
                    break;
                }
            }
        } catch (Exception failure) {
            failure.printStackTrace();
        }
        ending = true;
    }

    /** One that finds its NameServer gone goes to another one the next time. */
    private static void askRoute(DefaultMQProducer producer) throws InterruptedException {
        while (true) {
            try {
                MQClientManager.getInstance().getOrCreateMQClientInstance(producer)
                    .updateTopicRouteInfoFromNameServer(topic);
                return;
            } catch (IllegalStateException gone) {
                Thread.sleep(10);
            }
        }
    }

    private static void say(String line) {
        synchronized (System.out) {
            System.out.println(line);
            System.out.flush();
        }
    }

    private static byte[] body(String key, byte[] padding) {
        byte[] start = (key + " ").getBytes(StandardCharsets.UTF_8);
        byte[] whole = new byte[Math.max(padding.length, start.length)];
        System.arraycopy(start, 0, whole, 0, start.length);
        return whole;
    }

    private static void send(DefaultMQProducer producer, String key, byte[] body) {
        CountedMessage message = new CountedMessage(topic, key, body);
        long begun = System.nanoTime();
        String outcome;
        try {
            SendResult result = producer.send(message);
            outcome = result.getSendStatus() + " " + result.getMessageQueue().getBrokerName() + " "
                + result.getMessageQueue().getQueueId() + " " + result.getQueueOffset();
        } catch (Exception failure) {
            outcome = failure.getClass().getSimpleName() + " - -1 -1";
        }
        long ended = System.nanoTime();
        say(key + " " + begun + " " + ended + " " + outcome + " " + message.requests);
    }

    private static final class CountedMessage extends Message {
        private int requests;

        private CountedMessage(String topic, String key, byte[] body) {
            super(topic, "", key, body);
        }
    }

    private static final class Counting implements SendMessageHook {
        @Override
        public String hookName() {
            return "counting";
        }

        @Override
        public void sendMessageBefore(SendMessageContext context) {
            if (context.getMessage() instanceof CountedMessage) ((CountedMessage) context.getMessage()).requests++;
        }

        @Override
        public void sendMessageAfter(SendMessageContext context) {}
    }
}
