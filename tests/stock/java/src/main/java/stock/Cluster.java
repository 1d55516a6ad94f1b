package stock;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.MQVersion;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** The cluster under test and the clients that all scenarios share. */
final class Cluster implements AutoCloseable {
    static final boolean CLIENT_IS_5 = MQVersion.CURRENT_VERSION >= MQVersion.Version.V5_0_0.ordinal();

    final String namesrv;
    /** Makes names of topics and groups unique to this run: the cluster may have seen others. */
    final String run = Long.toString(System.currentTimeMillis(), 36);
    final DefaultMQAdminExt admin = new DefaultMQAdminExt(10_000L);
    final DefaultMQProducer producer;
    final DefaultMQPullConsumer reader;

    Cluster(String namesrv) throws Exception {
        this.namesrv = namesrv;
        admin.setNamesrvAddr(namesrv);
        admin.setInstanceName("admin-" + run);
        admin.setAdminExtGroup("admin-" + run);
        admin.start();
        Check.until("a broker with an address at the NameServer " + namesrv, () -> !masters().isEmpty());
        producer = new DefaultMQProducer("shared-producer-" + run);
        producer.setNamesrvAddr(namesrv);
        producer.setInstanceName("shared-" + run);
        producer.setSendMsgTimeout(10_000);
        producer.start();
        reader = new DefaultMQPullConsumer("shared-reader-" + run);
        reader.setNamesrvAddr(namesrv);
        reader.setInstanceName("shared-" + run);
        reader.start();
    }

    /** Broker name → address, of all masters. */
    Map<String, String> masters() throws Exception {
        Map<String, String> masters = new java.util.TreeMap<>();
        for (var broker : admin.examineBrokerClusterInfo().getBrokerAddrTable().values()) {
            String address = broker.getBrokerAddrs().get(0L);
            if (address != null) {
                masters.put(broker.getBrokerName(), address);
            }
        }
        return masters;
    }

    /** Brokers of 4.9 do a few things differently. */
    boolean brokerIs5() throws Exception {
        String version = admin.fetchBrokerRuntimeStats(masterAddresses().get(0)).getTable().get("brokerVersionDesc");
        return !version.startsWith("V4");
    }

    List<String> masterAddresses() throws Exception {
        return new ArrayList<>(masters().values());
    }

    @Override
    public void close() {
        reader.shutdown();
        producer.shutdown();
        admin.shutdown();
    }
}
