package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"time"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// readBack is all that the topic holds, once it holds as much as was sent.
func readBack(l *lab, topic string, count int) *received {
	r := &received{}
	l.pushConsumer(l.fresh("group"), topic, "*", r.consume)
	r.untilDistinct(count)
	return r
}

func sendSync(l *lab) {
	p, s := l.producer(), &sent{}
	topic := l.topic(p, s)
	next := map[string]int64{}
	results := map[string]*primitive.SendResult{}
	for i := 0; i < 40; i++ {
		message := s.message(topic, fmt.Sprint("tag", i%3))
		message.WithProperty("number", fmt.Sprint(i))
		result := send(p, message)
		queue := result.MessageQueue.String()
		if expected, known := next[queue]; known {
			check(result.QueueOffset == expected, "queue offset %d instead of %d in %s", result.QueueOffset, expected, queue)
		}
		next[queue] = result.QueueOffset + 1
		_, err := primitive.UnmarshalMsgID([]byte(result.OffsetMsgID))
		succeed("decoding the offset id "+result.OffsetMsgID, err)
		results[message.GetKeys()] = result
	}
	r := readBack(l, topic, 41)
	s.exactly(r)
	for _, message := range r.messages() {
		result := results[message.GetKeys()]
		if result == nil {
			continue // the one that made the topic
		}
		check(message.MsgId == result.MsgID, "message id %s instead of %s", message.MsgId, result.MsgID)
		check(message.QueueOffset == result.QueueOffset, "queue offset %d instead of %d", message.QueueOffset, result.QueueOffset)
		check(message.OffsetMsgId == result.OffsetMsgID, "offset id %s instead of %s", message.OffsetMsgId, result.OffsetMsgID)
		check(strings.HasPrefix(message.GetTags(), "tag"), "tag %q", message.GetTags())
		check(message.GetProperty("number") != "", "a property is lost")
	}
}

func sendAsync(l *lab) {
	p, s := l.producer(), &sent{}
	topic := l.topic(p, s)
	a := &answers{}
	for i := 0; i < 200; i++ {
		succeed("asynchronous send", p.SendAsync(context.Background(), a.add, s.message(topic, "")))
	}
	a.untilCount(200)
	s.exactly(readBack(l, topic, 201))
}

func sendOneway(l *lab) {
	p, s := l.producer(), &sent{}
	topic := l.topic(p, s)
	for i := 0; i < 100; i++ {
		succeed("one-way send", p.SendOneWay(context.Background(), s.message(topic, "")))
	}
	s.exactly(readBack(l, topic, 101))
}

func sendBatch(l *lab) {
	p, s := l.producer(), &sent{}
	topic := l.topic(p, s)
	var messages []*primitive.Message
	for i := 0; i < 50; i++ {
		messages = append(messages, s.message(topic, "batch"))
	}
	result := send(p, messages...)
	check(len(strings.Split(result.OffsetMsgID, ",")) == 50, "offset ids: %s", result.OffsetMsgID)
	r := readBack(l, topic, 51)
	s.exactly(r)
	offsets := map[string]int64{}
	for _, message := range r.messages() {
		offsets[message.GetKeys()] = message.QueueOffset
	}
	for i, message := range messages {
		check(offsets[message.GetKeys()] == result.QueueOffset+int64(i), "message %d of the batch is at %d of its queue", i,
			offsets[message.GetKeys()])
	}
}

func sendBatchAsyncOneway(l *lab) {
	s := &sent{}
	topic := l.topic(l.producer(), s)
	queues := l.untilRoute(topic)
	var batches [][]*primitive.Message
	for i := 0; i < 3*len(queues); i++ {
		var messages []*primitive.Message
		for j := 0; j < 20; j++ {
			messages = append(messages, s.messageTo(queues[i%len(queues)], topic))
		}
		batches = append(batches, messages)
	}
	results := sendInTurn(l.producer(producer.WithQueueSelector(producer.NewManualQueueSelector())), batches...)
	r := readBack(l, topic, s.count())
	s.exactly(r)
	storedAs(r, results)
	stored := map[string]*primitive.MessageExt{}
	for _, message := range r.messages() {
		stored[message.GetKeys()] = message
	}
	for _, messages := range batches {
		first := stored[messages[0].GetKeys()]
		for i, message := range messages {
			at := stored[message.GetKeys()]
			check(at.Queue.QueueId == message.Queue.QueueId && at.QueueOffset == first.QueueOffset+int64(i),
				"message %d of a batch for queue %d, which is at %d, is at %d of queue %d", i, message.Queue.QueueId,
				first.QueueOffset, at.QueueOffset, at.Queue.QueueId)
		}
	}
}

func sendToQueue(l *lab) {
	s := &sent{}
	topic := l.topic(l.producer(), s)
	queues := l.untilRoute(topic)
	wanted := map[string]int{}
	var sends [][]*primitive.Message
	for i := 0; i < 30*len(queues); i++ {
		message := s.messageTo(queues[i%len(queues)], topic)
		wanted[message.GetKeys()] = message.Queue.QueueId
		sends = append(sends, []*primitive.Message{message})
	}
	results := sendInTurn(l.producer(producer.WithQueueSelector(producer.NewManualQueueSelector())), sends...)
	r := readBack(l, topic, s.count())
	s.exactly(r)
	storedAs(r, results)
	for _, message := range r.messages() {
		queue, known := wanted[message.GetKeys()]
		check(!known || queue == message.Queue.QueueId, "%s is in queue %d instead of %d", message.GetKeys(),
			message.Queue.QueueId, queue)
	}
}

// storedAs: the messages, or those of a batch one after the other, are where the answers say.
func storedAs(r *received, results []*primitive.SendResult) {
	stored := map[string]*primitive.MessageExt{}
	for _, message := range r.messages() {
		stored[message.OffsetMsgId] = message
	}
	for _, result := range results {
		for i, id := range strings.Split(result.OffsetMsgID, ",") {
			message := stored[id]
			check(message != nil, "%s of the answer %s is not stored", id, result)
			check(message.Queue.QueueId == result.MessageQueue.QueueId && message.QueueOffset == result.QueueOffset+int64(i),
				"%s is at %d of queue %d, the answer was %s", id, message.QueueOffset, message.Queue.QueueId, result)
			check(result.MsgID == "" || result.MsgID == message.MsgId, "%s has the message id %s, the answer was %s", id,
				message.MsgId, result)
		}
	}
}

func sendSelectorAsyncOneway(l *lab) {
	s := &sent{}
	topic := l.topic(l.producer(), s)
	var hashed, inTurn, anywhere [][]*primitive.Message
	for i := 0; i < 60; i++ {
		message := s.message(topic, "hashed")
		message.WithShardingKey(fmt.Sprint("order", i%7))
		hashed = append(hashed, []*primitive.Message{message})
		inTurn = append(inTurn, []*primitive.Message{s.message(topic, "in turn")})
		anywhere = append(anywhere, []*primitive.Message{s.message(topic, "anywhere")})
	}
	results := sendInTurn(l.producer(producer.WithQueueSelector(producer.NewHashQueueSelector())), hashed...)
	results = append(results, sendInTurn(l.producer(producer.WithQueueSelector(producer.NewRoundRobinQueueSelector())), inTurn...)...)
	results = append(results, sendInTurn(l.producer(producer.WithQueueSelector(producer.NewRandomQueueSelector())), anywhere...)...)
	r := readBack(l, topic, s.count())
	s.exactly(r)
	storedAs(r, results)
	queues := map[string]int{}
	counts := map[int]int{}
	for _, message := range r.messages() {
		switch message.GetTags() {
		case "hashed":
			order := message.GetShardingKey()
			queue, known := queues[order]
			check(!known || queue == message.Queue.QueueId, "%s is in two queues", order)
			queues[order] = message.Queue.QueueId
		case "in turn":
			counts[message.Queue.QueueId]++
		}
	}
	check(len(queues) == 7, "%d sharding keys came back", len(queues))
	check(fmt.Sprint(counts) == "map[0:15 1:15 2:15 3:15]", "messages sent in turn, by queue: %v", counts)
}

func sendSelector(l *lab) {
	p, s := l.producer(producer.WithQueueSelector(producer.NewHashQueueSelector())), &sent{}
	topic := l.topic(p, s)
	for i := 0; i < 70; i++ {
		message := s.message(topic, "")
		message.WithShardingKey(fmt.Sprint("order", i%7))
		message.WithProperty("step", fmt.Sprint(i/7))
		send(p, message)
	}
	r := &received{}
	l.pushConsumer(l.fresh("group"), topic, "*", r.consume, consumer.WithConsumerOrder(true))
	r.untilDistinct(71)
	s.exactly(r)
	next := map[string]int{}
	queues := map[string]int{}
	for _, message := range r.messages() {
		order := message.GetShardingKey()
		if order == "" {
			continue // the one that made the topic
		}
		check(message.GetProperty("step") == fmt.Sprint(next[order]), "%s came to step %s instead of %d", order,
			message.GetProperty("step"), next[order])
		queue, known := queues[order]
		check(!known || queue == message.Queue.QueueId, "%s is in two queues", order)
		queues[order] = message.Queue.QueueId
		next[order]++
	}
}

func sendLargeBody(l *lab) {
	p, s := l.producer(), &sent{}
	topic := l.topic(p, s)
	random := make([]byte, 4*1024*1024-1024)
	rand.New(rand.NewSource(7)).Read(random)
	plain := l.producer(producer.WithCompressMsgBodyOverHowmuch(5 * 1024 * 1024)) // Noise grows when compressed.
	send(plain, s.messageWith(topic, "", random))
	send(p, s.messageWith(topic, "", bytes.Repeat([]byte{'x'}, 300_000))) // will be compressed
	s.exactly(readBack(l, topic, 3))
}

type fixedAnswer primitive.LocalTransactionState

func (a fixedAnswer) ExecuteLocalTransaction(*primitive.Message) primitive.LocalTransactionState {
	return primitive.LocalTransactionState(a)
}

func (a fixedAnswer) CheckLocalTransaction(*primitive.MessageExt) primitive.LocalTransactionState {
	return primitive.LocalTransactionState(a)
}

func transactionCommitRollback(l *lab) {
	committed, rolledBack := &sent{}, &sent{}
	topic := l.topic(l.producer(), committed)
	send := func(s *sent, answer primitive.LocalTransactionState) {
		p, err := rocketmq.NewTransactionProducer(fixedAnswer(answer), producer.WithNsResolver(l.resolver()),
			producer.WithGroupName(l.fresh("group")), producer.WithInstanceName(l.fresh("client")))
		succeed("a new transaction producer", err)
		succeed("start of a transaction producer", p.Start())
		l.closing = append(l.closing, func() { p.Shutdown() })
		for i := 0; i < 10; i++ {
			_, err := p.SendMessageInTransaction(context.Background(), s.message(topic, ""))
			succeed("send in a transaction", err)
		}
	}
	send(rolledBack, primitive.RollbackMessageState)
	send(committed, primitive.CommitMessageState)
	s := readBack(l, topic, 11)
	committed.exactly(s)
}

func requestReply(l *lab) {
	answerer := l.producer()
	topic := l.topic(answerer, &sent{})
	l.pushConsumer(l.fresh("group"), topic, "*", func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		for _, message := range messages {
			if consumer.GetReplyToClient(message) == "" {
				continue // the one that made the topic
			}
			reply, err := consumer.CreateReplyMessage(message, nil)
			if err == nil {
				reply.Body = append([]byte("re: "), message.Body...) // The client forgets it.
				_, err = answerer.SendSync(context.Background(), reply)
			}
			if err != nil {
				return consumer.ConsumeRetryLater, nil
			}
		}
		return consumer.ConsumeSuccess, nil
	})
	p := l.producer()
	ask := func(question string, patience time.Duration) (string, error) {
		reply, err := p.Request(context.Background(), patience, primitive.NewMessage(topic, []byte(question)))
		if err != nil {
			return "", err
		}
		return string(reply.Body), nil
	}
	// The stock broker finds the requester by its heartbeat, which may be to come.
	until("a first reply", func() string { return "" }, func() bool {
		_, err := ask("first", time.Second)
		return err == nil
	})
	for i := 0; i < 10; i++ {
		question := fmt.Sprint("question ", i)
		reply, err := ask(question, deadline)
		succeed(question, err)
		check(reply == "re: "+question, "%s: got %q", question, reply)
	}
	replies := make(chan string, 20) // The client calls back once more when it forgets the request.
	for i := 0; i < 10; i++ {
		question := fmt.Sprint("aside ", i)
		err := p.RequestAsync(context.Background(), deadline, func(_ context.Context, reply *primitive.Message, err error) {
			if err != nil {
				replies <- err.Error()
			} else {
				replies <- string(reply.Body)
			}
		}, primitive.NewMessage(topic, []byte(question)))
		succeed(question, err)
	}
	got := map[string]bool{}
	for len(got) < 10 {
		select {
		case reply := <-replies:
			got[reply] = true
		case <-time.After(deadline):
			check(false, "no more replies than %v", got)
		}
	}
	for i := 0; i < 10; i++ {
		check(got[fmt.Sprint("re: aside ", i)], "replies: %v", got)
	}
}

func pushConcurrent(l *lab) {
	p, s, r := l.producer(), &sent{}, &received{}
	topic := l.topic(p, s)
	for i := 0; i < 150; i++ {
		send(p, s.message(topic, ""))
	}
	l.pushConsumer(l.fresh("group"), topic, "*", r.consume)
	for i := 0; i < 150; i++ {
		send(p, s.message(topic, ""))
	}
	r.untilDistinct(301)
	s.exactly(r)
}

func pushTagFilter(l *lab) {
	p, wanted, unwanted, r := l.producer(), &sent{}, &sent{}, &received{}
	topic := l.topic(p, unwanted)
	for i := 0; i < 40; i++ {
		send(p, wanted.message(topic, "A"))
		send(p, unwanted.message(topic, "C"))
		send(p, wanted.message(topic, "B"))
	}
	l.pushConsumer(l.fresh("group"), topic, "A || B", r.consume)
	r.untilDistinct(80)
	wanted.exactly(r)
}

func pushOrderly(l *lab) {
	p, s, r := l.producer(), &sent{}, &received{}
	topic := l.topic(p, s)
	var mutex sync.Mutex
	next := map[int]int64{}
	faults := ""
	consume := func(c context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		mutex.Lock()
		for _, message := range messages {
			if message.QueueOffset != next[message.Queue.QueueId] {
				faults += fmt.Sprintf("offset %d instead of %d; ", message.QueueOffset, next[message.Queue.QueueId])
			}
			next[message.Queue.QueueId] = message.QueueOffset + 1
		}
		mutex.Unlock()
		return r.consume(c, messages...)
	}
	l.pushConsumer(l.fresh("group"), topic, "*", consume, consumer.WithConsumerOrder(true))
	for i := 0; i < 200; i++ {
		send(p, s.message(topic, ""))
	}
	r.untilDistinct(201)
	s.exactly(r)
	check(faults == "", "%s", faults)
}

func pushRestart(l *lab) {
	p, before, after, first, second := l.producer(), &sent{}, &sent{}, &received{}, &received{}
	topic := l.topic(p, before)
	for i := 0; i < 50; i++ {
		send(p, before.message(topic, ""))
	}
	group := l.fresh("group")
	c := l.pushConsumer(group, topic, "*", first.consume)
	first.untilDistinct(51)
	before.exactly(first)
	succeed("shutdown", c.Shutdown())
	for i := 0; i < 50; i++ {
		send(p, after.message(topic, ""))
	}
	l.pushConsumer(group, topic, "*", second.consume)
	second.untilDistinct(50)
	after.exactly(second)
}

// pushRebalance: while messages flow, a second member joins, gets a share, and leaves.
func pushRebalance(l *lab) {
	p, s, first, second := l.producer(), &sent{}, &received{}, &received{}
	topic := l.topic(p, s)
	group := l.fresh("group")
	l.pushConsumer(group, topic, "*", first.consume)
	first.untilDistinct(1)
	flow := func(what string, condition func() bool) {
		for end := time.Now().Add(deadline); !condition(); time.Sleep(5 * time.Millisecond) {
			check(time.Now().Before(end), "not within %v: %s", deadline, what)
			send(p, s.message(topic, ""))
		}
	}
	c := l.pushConsumer(group, topic, "*", second.consume)
	flow("messages for the second member", func() bool { return second.distinct() >= 20 })
	succeed("shutdown", c.Shutdown())
	all := &received{}
	flow("as many messages for the first member as are sent", func() bool {
		count := second.distinct() + first.distinct()
		return count >= s.count() && first.distinct() > 40
	})
	until("all received", func() string { return "" }, func() bool {
		all = &received{}
		all.add(first.messages()...)
		all.add(second.messages()...)
		return all.distinct() >= s.count()
	})
	s.atLeastOnce(all)
}

func broadcast(l *lab) {
	p, s, first, second := l.producer(), &sent{}, &received{}, &received{}
	topic := l.topic(p, s)
	group := l.fresh("group")
	for _, r := range []*received{first, second} {
		l.pushConsumer(group, topic, "*", r.consume, consumer.WithConsumerModel(consumer.BroadCasting))
	}
	for i := 0; i < 50; i++ {
		send(p, s.message(topic, ""))
	}
	first.untilDistinct(51)
	second.untilDistinct(51)
	s.exactly(first)
	s.exactly(second)
}

// serverSide is held by who needs the broker to reset offsets itself, which is a setting, and by who changes it.
var serverSide sync.RWMutex

// sendTo sends so many messages to one queue of the topic; gives where it ends.
func sendTo(l *lab, topic string, s *sent, count int) (queue, end int64) {
	p := l.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	chosen := l.untilRoute(topic)[0]
	for i := 0; i < count; i++ {
		end = send(p, s.messageTo(chosen, topic)).QueueOffset + 1
	}
	return int64(chosen.QueueId), end
}

// resetOffsetOnline: a consumer that runs goes there with its next pull, or is told to by the broker.
func resetOffsetOnline(l *lab) {
	serverSide.RLock()
	release := serverSide.RUnlock
	defer func() { release() }()
	p, s, r := l.producer(), &sent{}, &received{}
	topic := l.topic(p, s)
	for i := 0; i < 20; i++ {
		send(p, s.message(topic, ""))
	}
	queue, end := sendTo(l, topic, s, 5)
	group := l.fresh("group")
	l.pushConsumer(group, topic, "*", r.consume)
	r.untilDistinct(26)
	again := func(messages int, fields map[string]string) {
		before := len(r.messages())
		l.resetOffset(group, topic, fields)
		until(fmt.Sprintf("%d messages once more", messages), func() string { return fmt.Sprintf("got %d", len(r.messages())-before) },
			func() bool { return len(r.messages())-before >= messages })
		check(len(r.messages())-before == messages, "%d messages came once more instead of %d", len(r.messages())-before, messages)
	}
	again(26, map[string]string{"timestamp": "0"})
	again(3, map[string]string{"queueId": fmt.Sprint(queue), "offset": fmt.Sprint(end - 3)})
	release()
	serverSide.Lock()
	release = serverSide.Unlock
	defer l.setEverywhere("useServerSideResetOffset", "true")
	l.setEverywhere("useServerSideResetOffset", "false") // Last: the client does not follow the broker's own resets any more.
	again(26, map[string]string{"timestamp": "0"})
	s.atLeastOnce(r)
}

// resetOffsetOffline: by time and by offset, while nobody of the group is there.
func resetOffsetOffline(l *lab) {
	serverSide.RLock()
	defer serverSide.RUnlock()
	p, old, young, last := l.producer(), &sent{}, &sent{}, &sent{}
	topic := l.topic(p, old)
	for i := 0; i < 20; i++ {
		send(p, old.message(topic, ""))
	}
	boundary := time.Now().UnixNano()/1e6 + 1
	until("the time behind the first messages", func() string { return "" },
		func() bool { return time.Now().UnixNano()/1e6 > boundary })
	for i := 0; i < 20; i++ {
		send(p, young.message(topic, ""))
	}
	group := l.fresh("group")
	consumedBy := func(messages int) *received { // By a member that comes for so many, and goes.
		r := &received{}
		c := l.pushConsumer(group, topic, "*", r.consume)
		until(fmt.Sprintf("%d messages received", messages), func() string { return fmt.Sprintf("got %d", len(r.messages())) },
			func() bool { return len(r.messages()) >= messages })
		succeed("shutdown", c.Shutdown()) // It notes where it is.
		check(len(r.messages()) == messages, "%d messages came instead of %d", len(r.messages()), messages)
		return r
	}
	consumedBy(41)
	l.resetOffset(group, topic, map[string]string{"timestamp": fmt.Sprint(boundary)})
	young.exactly(consumedBy(20))
	queue, end := sendTo(l, topic, last, 3)
	consumedBy(3)
	l.resetOffset(group, topic, map[string]string{"queueId": fmt.Sprint(queue), "offset": fmt.Sprint(end - 3)})
	last.exactly(consumedBy(3))
}

func retryThenSuccess(l *lab) {
	p, s, first, second := l.producer(), &sent{}, &received{}, &received{}
	topic := l.topic(p, s)
	consume := func(c context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		if messages[0].ReconsumeTimes == 0 {
			first.add(messages...)
			concurrently, _ := primitive.GetConcurrentlyCtx(c)
			concurrently.DelayLevelWhenNextConsume = 1
			return consumer.ConsumeRetryLater, nil
		}
		return second.consume(c, messages...)
	}
	l.pushConsumer(l.groupThatRetries(p), topic, "*", consume)
	for i := 0; i < 10; i++ {
		send(p, s.message(topic, ""))
	}
	second.untilDistinct(11)
	s.exactly(first)
	s.exactly(second)
	for _, message := range second.messages() {
		check(message.ReconsumeTimes == 1, "reconsume times %d", message.ReconsumeTimes)
	}
}

func retryToDeadLetter(l *lab) {
	p, s, r := l.producer(), &sent{}, &received{}
	topic := l.topic(p, s)
	group := l.groupThatRetries(p)
	consume := func(c context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		r.add(messages...)
		concurrently, _ := primitive.GetConcurrentlyCtx(c)
		concurrently.DelayLevelWhenNextConsume = 1
		return consumer.ConsumeRetryLater, nil
	}
	l.pushConsumer(group, topic, "*", consume, consumer.WithMaxReconsumeTimes(1))
	for i := 0; i < 5; i++ {
		send(p, s.message(topic, ""))
	}
	l.untilRoute("%DLQ%" + group)
	s.exactly(readBack(l, "%DLQ%"+group, 6))
	check(len(r.messages()) == 12, "%d deliveries before giving up instead of 12", len(r.messages()))
}

func delayLevel(l *lab) {
	p, s, r := l.producer(), &sent{}, &received{}
	topic := l.topic(p, s)
	l.pushConsumer(l.fresh("group"), topic, "*", r.consume)
	r.untilDistinct(1)
	message := s.message(topic, "")
	message.WithDelayTimeLevel(2)
	before := time.Now()
	send(p, message)
	r.untilDistinct(2)
	waited := r.when(message.GetKeys()).Sub(before)
	check(waited >= 4990*time.Millisecond && waited < 8*time.Second, "delayed %v instead of 5 s", waited)
}

func pullFrom(l *lab) {
	p, s, r := l.producer(), &sent{}, &received{}
	topic := l.topic(p, s)
	results := map[int]*primitive.SendResult{}
	for i := 0; i < 40; i++ {
		result := send(p, s.message(topic, ""))
		results[result.MessageQueue.QueueId] = result // the last of each queue
	}
	c := l.pullConsumer(topic)
	for _, last := range results {
		for next := int64(0); next <= last.QueueOffset; {
			result, err := c.PullFrom(context.Background(), last.MessageQueue, next, 8)
			succeed("pull", err)
			if result.Status == primitive.PullNoNewMsg {
				continue // not dispatched to its queue yet
			}
			check(result.Status == primitive.PullFound, "status %v at %d", result.Status, next)
			for _, message := range result.GetMessageExts() {
				check(message.QueueOffset == next, "offset %d instead of %d", message.QueueOffset, next)
				next++
				r.add(message)
			}
			check(result.NextBeginOffset == next, "next offset %d instead of %d", result.NextBeginOffset, next)
		}
	}
	if r.distinct() < 41 { // The message that made the topic may be alone in its queue.
		check(r.distinct() == 40, "%d messages pulled", r.distinct())
		return
	}
	s.exactly(r)
}

func pullPoll(l *lab) {
	p, s, r := l.producer(), &sent{}, &received{}
	topic := l.topic(p, s)
	for i := 0; i < 40; i++ {
		send(p, s.message(topic, ""))
	}
	c := l.pullConsumer(topic)
	until("41 messages polled", func() string { return fmt.Sprintf("got %d", r.distinct()) }, func() bool {
		request, err := c.Poll(context.Background(), 200*time.Millisecond)
		if err == nil {
			r.add(request.GetMsgList()...)
			c.ACK(context.Background(), request, consumer.ConsumeSuccess)
		}
		return r.distinct() >= 41
	})
	s.exactly(r)
}

func (l *lab) pullConsumer(topic string) rocketmq.PullConsumer {
	c, err := rocketmq.NewPullConsumer(l.consumerOptions(l.fresh("group"))...)
	succeed("a new pull consumer", err)
	succeed("subscribe", c.Subscribe(topic, consumer.MessageSelector{Type: consumer.TAG, Expression: "*"}))
	succeed("start of a pull consumer", c.Start())
	l.closing = append(l.closing, func() { c.Shutdown() })
	return c
}
