package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand"
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// lab is what one scenario works with: names of its own, and clients that are closed when it ends.
type lab struct {
	namesrv []string
	name    string
	run     string
	number  int
	closing []func()
}

func (l *lab) close() {
	for i := len(l.closing) - 1; i >= 0; i-- {
		l.closing[i]()
	}
}

func (l *lab) fresh(kind string) string {
	l.number++
	return fmt.Sprintf("go-%s-%s%d-%s", l.name, kind, l.number, l.run)
}

func (l *lab) resolver() primitive.NsResolver {
	return primitive.NewPassthroughResolver(l.namesrv)
}

func (l *lab) producer(options ...producer.Option) rocketmq.Producer {
	options = append([]producer.Option{producer.WithNsResolver(l.resolver()), producer.WithGroupName(l.fresh("group")),
		producer.WithInstanceName(l.fresh("client")), producer.WithSendMsgTimeout(10 * time.Second)}, append(producerTransport, options...)...)
	p, err := rocketmq.NewProducer(options...)
	succeed("a new producer", err)
	succeed("start of a producer", p.Start())
	l.closing = append(l.closing, func() { p.Shutdown() })
	return p
}

// topic is a new one: its first message makes it.
func (l *lab) topic(p rocketmq.Producer, sent *sent) string {
	topic := l.fresh("topic")
	send(p, sent.message(topic, ""))
	l.untilRoute(topic)
	return topic
}

func (l *lab) untilRoute(topic string) (queues []*primitive.MessageQueue) {
	a, err := admin.NewAdmin(append(adminTransport, admin.WithResolver(l.resolver()))...)
	succeed("a new admin client", err)
	until("route of "+topic, func() string { return "" }, func() bool {
		queues, err = a.FetchPublishMessageQueues(context.Background(), topic)
		return err == nil && len(queues) > 0
	})
	return queues
}

func (l *lab) consumerOptions(group string, more ...consumer.Option) []consumer.Option {
	return append([]consumer.Option{consumer.WithNsResolver(l.resolver()), consumer.WithGroupName(group),
		consumer.WithInstance(l.fresh("client")), consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset)}, append(consumerTransport, more...)...)
}

type listener func(context.Context, ...*primitive.MessageExt) (consumer.ConsumeResult, error)

func (l *lab) pushConsumer(group, topic, tags string, consume listener, more ...consumer.Option) rocketmq.PushConsumer {
	c, err := rocketmq.NewPushConsumer(l.consumerOptions(group, more...)...)
	succeed("a new consumer", err)
	succeed("subscribe", c.Subscribe(topic, consumer.MessageSelector{Type: consumer.TAG, Expression: tags}, consume))
	succeed("start of a consumer", c.Start())
	l.closing = append(l.closing, func() { c.Shutdown() })
	return c
}

// groupThatRetries is a new group whose retry topic is known to the NameServer: the broker makes it at the group's
// first heartbeat, and a consumer that looked before then looks again much later. Its first consumer reads a topic of
// its own: of another it would commit offsets, and the next one would go on from there.
func (l *lab) groupThatRetries(p rocketmq.Producer) string {
	group := l.fresh("group")
	c := l.pushConsumer(group, l.topic(p, &sent{}), "*", (&received{}).consume)
	l.untilRoute("%RETRY%" + group)
	succeed("shutdown", c.Shutdown())
	return group
}

// ask sends a server a request that the client has no call for, and gives the body of its answer.
func (l *lab) ask(address string, code int, fields map[string]string, body string) []byte {
	connection, err := net.DialTimeout("tcp", address, 10*time.Second)
	succeed("connecting to "+address, err)
	defer connection.Close()
	succeed("a deadline", connection.SetDeadline(time.Now().Add(10*time.Second)))
	header, err := json.Marshal(map[string]interface{}{"code": code, "language": "JAVA", "version": 513, "opaque": 1,
		"flag": 0, "serializeTypeCurrentRPC": "JSON", "extFields": fields})
	succeed("a header", err)
	var frame bytes.Buffer
	binary.Write(&frame, binary.BigEndian, []int32{int32(4 + len(header) + len(body)), int32(len(header))})
	frame.Write(header)
	frame.WriteString(body)
	_, err = connection.Write(frame.Bytes())
	succeed("a request", err)
	var sizes [2]int32
	succeed("an answer", binary.Read(connection, binary.BigEndian, &sizes))
	answer := make([]byte, sizes[0]-4)
	_, err = io.ReadFull(connection, answer)
	succeed("an answer", err)
	headerSize := sizes[1] & 0xFFFFFF
	var said struct {
		Code   int
		Remark string
	}
	succeed("a header", json.Unmarshal(answer[:headerSize], &said))
	check(said.Code == 0, "request %d: %d %s", code, said.Code, said.Remark)
	return answer[headerSize:]
}

// resetOffset asks all masters, of the group's offsets in all queues unless the fields say another thing: the client has no
// call for it.
func (l *lab) resetOffset(group, topic string, fields map[string]string) {
	request := map[string]string{"group": group, "topic": topic, "isForce": "true", "timestamp": "-1", "queueId": "-1"}
	for name, value := range fields {
		request[name] = value
	}
	for _, broker := range l.brokers() {
		l.ask(broker, 222, request, "")
	}
}

// brokers gives the addresses of all masters.
func (l *lab) brokers() []string {
	var addresses []string
	for _, found := range regexp.MustCompile(`"?\b0"?:"([^"]+)"`).FindAllSubmatch(l.ask(l.namesrv[0], 106, nil, ""), -1) {
		addresses = append(addresses, string(found[1]))
	}
	return addresses
}

func (l *lab) setEverywhere(key, value string) {
	for _, broker := range l.brokers() {
		l.ask(broker, 25, nil, key+"="+value+"\n")
	}
}

func send(p rocketmq.Producer, messages ...*primitive.Message) *primitive.SendResult {
	result, err := p.SendSync(context.Background(), messages...)
	succeed("send", err)
	check(result.Status == primitive.SendOK, "status of a send: %v", result.Status)
	return result
}

// sendInTurn sends synchronously, asynchronously and one-way in turn, each time some messages at once; gives the answers.
func sendInTurn(p rocketmq.Producer, sends ...[]*primitive.Message) []*primitive.SendResult {
	a := &answers{}
	expected := 0
	for i, messages := range sends {
		switch i % 3 {
		case 0:
			a.add(context.Background(), send(p, messages...), nil)
			expected++
		case 1:
			succeed("asynchronous send", p.SendAsync(context.Background(), a.add, messages...))
			expected++
		case 2:
			succeed("one-way send", p.SendOneWay(context.Background(), messages...))
		}
	}
	return a.untilCount(expected)
}

// answers is what sends were told.
type answers struct {
	mutex   sync.Mutex
	results []*primitive.SendResult
	errors  []error
}

func (a *answers) add(_ context.Context, result *primitive.SendResult, err error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if err != nil {
		a.errors = append(a.errors, err)
	} else {
		a.results = append(a.results, result)
	}
}

func (a *answers) untilCount(count int) []*primitive.SendResult {
	until(fmt.Sprintf("%d answers", count), func() string { return fmt.Sprintf("got %d", len(a.results)) }, func() bool {
		a.mutex.Lock()
		defer a.mutex.Unlock()
		return len(a.results)+len(a.errors) >= count
	})
	check(len(a.errors) == 0, "sends failed: %v", a.errors)
	for _, result := range a.results {
		check(result.Status == primitive.SendOK, "status of a send: %v", result.Status)
	}
	return a.results
}

// sent makes messages that differ in key and body, and remembers them: key to checksum of the body. Those of another one
// have the same keys and other bodies.
type sent struct {
	mutex     sync.Mutex
	checksums map[string]uint32
	seed      int64
}

var seeds atomic.Int64

func (s *sent) message(topic, tag string) *primitive.Message {
	s.mutex.Lock()
	if s.seed == 0 {
		s.seed = seeds.Add(1) << 24
	}
	random := rand.New(rand.NewSource(s.seed + int64(len(s.checksums))))
	s.mutex.Unlock()
	body := make([]byte, 8+random.Intn(2000))
	random.Read(body)
	return s.messageWith(topic, tag, body)
}

func (s *sent) messageTo(queue *primitive.MessageQueue, topic string) *primitive.Message {
	message := s.message(topic, "")
	message.Queue = queue
	return message
}

func (s *sent) messageWith(topic, tag string, body []byte) *primitive.Message {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.checksums == nil {
		s.checksums = map[string]uint32{}
	}
	key := fmt.Sprintf("key%05d", len(s.checksums))
	s.checksums[key] = crc32.ChecksumIEEE(body)
	message := primitive.NewMessage(topic, body)
	message.WithKeys([]string{key})
	if tag != "" {
		message.WithTag(tag)
	}
	return message
}

func (s *sent) count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.checksums)
}

// exactly: each message once, and nothing else.
func (s *sent) exactly(r *received) {
	for key, times := range s.times(r) {
		check(times == 1, "%s was received %d times", key, times)
	}
	s.atLeastOnce(r)
}

// atLeastOnce: each message, and nothing else.
func (s *sent) atLeastOnce(r *received) {
	times := s.times(r)
	check(len(times) == s.count(), "%d of %d messages received", len(times), s.count())
}

func (s *sent) times(r *received) map[string]int {
	times := map[string]int{}
	for _, message := range r.messages() {
		key := strings.TrimSpace(message.GetKeys())
		checksum, known := s.checksums[key]
		check(known, "received what was not sent: %s", message)
		check(crc32.ChecksumIEEE(message.Body) == checksum, "the body of %s is not what was sent", key)
		times[key]++
	}
	return times
}

// received is what consumers got, in the order they got it.
type received struct {
	mutex sync.Mutex
	all   []*primitive.MessageExt
	times []time.Time
}

func (r *received) add(messages ...*primitive.MessageExt) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, message := range messages {
		r.all = append(r.all, message)
		r.times = append(r.times, time.Now())
	}
}

func (r *received) consume(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	r.add(messages...)
	return consumer.ConsumeSuccess, nil
}

func (r *received) messages() []*primitive.MessageExt {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append([]*primitive.MessageExt{}, r.all...)
}

// when the message first came: others may have come again before it.
func (r *received) when(keys string) time.Time {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for i, message := range r.all {
		if message.GetKeys() == keys {
			return r.times[i]
		}
	}
	panic(failure(keys + " was not received"))
}

func (r *received) distinct() int {
	keys := map[string]bool{}
	for _, message := range r.messages() {
		keys[message.GetKeys()] = true
	}
	return len(keys)
}

func (r *received) untilDistinct(count int) {
	until(fmt.Sprintf("%d messages received", count), func() string { return fmt.Sprintf("got %d", r.distinct()) },
		func() bool { return r.distinct() >= count })
}
