package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// Clients with default settings that run until their input ends and speak as tests/cluster/StockProducer.java and
// PushReader.java do: what they did, a line each.

const clockMonotonic = 1
const requestsMax = 4 // Of one send with default settings; the client does not tell.

var output sync.Mutex

func say(format string, arguments ...interface{}) {
	output.Lock()
	defer output.Unlock()
	fmt.Printf(format+"\n", arguments...)
}

func nanos() int64 {
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

func untilInputEnds() <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() && lines.Text() != "end" {
		}
		close(ended)
	}()
	return ended
}

// NAMESRV TOPIC RATE SIZE
func runProducer(arguments []string) {
	p, err := rocketmq.NewProducer(producer.WithGroupName("stock-producers"),
		producer.WithNsResolver(primitive.NewPassthroughResolver(strings.Split(arguments[0], ";"))))
	succeed("a new producer", err)
	succeed("start of a producer", p.Start())
	rate, err := strconv.ParseFloat(arguments[2], 64)
	succeed("the rate", err)
	size, err := strconv.Atoi(arguments[3])
	succeed("the size", err)
	send := func(key string) (*primitive.SendResult, error) {
		body := make([]byte, size)
		copy(body, key+" ")
		return p.SendSync(context.Background(), primitive.NewMessage(arguments[1], body).WithKeys([]string{key}))
	}
	_, err = send("stock-first") // Connects.
	succeed("the first send", err)
	say("begins %d %d", nanos(), time.Now().UnixNano()/1e6)
	ended := untilInputEnds()
	due := time.NewTicker(time.Duration(float64(time.Second) / rate))
	var sends sync.WaitGroup
	for number := 0; ; number++ {
		select {
		case <-ended:
			sends.Wait()
			return
		case <-due.C:
		}
		sends.Add(1)
		go func(key string) {
			defer sends.Done()
			begun := nanos()
			result, err := send(key)
			told := "error - -1 -1"
			if err == nil {
				status := fmt.Sprintf("status-%d", result.Status)
				if result.Status == primitive.SendOK {
					status = "SEND_OK"
				}
				queue := result.MessageQueue
				told = fmt.Sprintf("%s %s %d %d", status, queue.BrokerName, queue.QueueId, result.QueueOffset)
			}
			say("%s %d %d %s %d", key, begun, nanos(), told, requestsMax)
		}(fmt.Sprintf("stock-%d", number))
	}
}

// NAMESRV GROUP TOPIC...
func runConsumer(arguments []string) {
	c, err := rocketmq.NewPushConsumer(consumer.WithGroupName(arguments[1]),
		consumer.WithNsResolver(primitive.NewPassthroughResolver(strings.Split(arguments[0], ";"))),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	succeed("a new consumer", err)
	for _, topic := range arguments[2:] {
		succeed("subscribe", c.Subscribe(topic, consumer.MessageSelector{},
			func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
				for _, message := range messages {
					say("%s", message.GetKeys())
				}
				return consumer.ConsumeSuccess, nil
			}))
	}
	succeed("start of a consumer", c.Start())
	say("started")
	<-untilInputEnds()
}
