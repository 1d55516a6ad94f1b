// The stock Go client against whatever cluster the given NameServer knows: one line a scenario.
// Usage: stock-go NAMESRV [SCENARIO...]
// Or a client that runs until its input ends: stock-go producer NAMESRV TOPIC RATE SIZE, stock-go consumer NAMESRV GROUP TOPIC...
package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2/rlog"
)

// No wait lasts as long when all is well; a busy machine is no failure.
const deadline = 60 * time.Second

// Scenarios mostly wait, so more than there are cores.
const atATime = 5

type scenario struct {
	name string
	run  func(*lab)
}

var scenarios = []scenario{
	{"push_rebalance", pushRebalance},
	{"retry_then_success", retryThenSuccess},
	{"retry_to_dead_letter", retryToDeadLetter},
	{"reset_offset_offline", resetOffsetOffline},
	{"reset_offset_online", resetOffsetOnline},
	{"delay_level", delayLevel},
	{"send_sync", sendSync},
	{"send_async", sendAsync},
	{"send_oneway", sendOneway},
	{"send_batch", sendBatch},
	{"send_batch_async_oneway", sendBatchAsyncOneway},
	{"send_to_queue", sendToQueue},
	{"send_selector_async_oneway", sendSelectorAsyncOneway},
	{"send_selector_keeps_order", sendSelector},
	{"request_reply", requestReply},
	{"send_large_body", sendLargeBody},
	{"transaction_commit_rollback", transactionCommitRollback},
	{"push_concurrent", pushConcurrent},
	{"push_tag_filter", pushTagFilter},
	{"push_orderly", pushOrderly},
	{"push_restart_continues", pushRestart},
	{"broadcast", broadcast},
	{"pull_from", pullFrom},
	{"pull_poll", pullPoll},
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: stock-go NAMESRV [SCENARIO...]")
		os.Exit(2)
	}
	rlog.SetLogLevel("error")
	switch {
	case os.Args[1] == "producer" && len(os.Args) == 6:
		runProducer(os.Args[2:])
		return
	case os.Args[1] == "consumer" && len(os.Args) > 4:
		runConsumer(os.Args[2:])
		return
	}
	chosen := choose(os.Args[2:])
	namesrv := strings.Split(os.Args[1], ";")
	(&lab{namesrv: namesrv}).untilRoute("TBW102") // The stock broker is up before the NameServer knows it.
	run := fmt.Sprintf("%x", time.Now().UnixNano()/1e6)
	var mutex sync.Mutex
	var wait sync.WaitGroup
	failed := false
	slots := make(chan struct{}, atATime)
	for _, s := range chosen {
		wait.Add(1)
		slots <- struct{}{}
		go func(s scenario) {
			defer wait.Done()
			defer func() { <-slots }()
			start := time.Now()
			reason := attempt(s, &lab{namesrv: namesrv, name: s.name, run: run})
			mutex.Lock()
			defer mutex.Unlock()
			if reason == "" {
				fmt.Printf("PASS %s (%d ms)\n", s.name, time.Since(start).Milliseconds())
			} else {
				failed = true
				fmt.Printf("FAIL %s: %s\n", s.name, strings.Join(strings.Fields(reason), " "))
			}
		}(s)
	}
	wait.Wait()
	if failed {
		os.Exit(1)
	}
}

func choose(names []string) []scenario {
	if len(names) == 0 {
		return scenarios
	}
	var chosen []scenario
	for _, name := range names {
		found := false
		for _, s := range scenarios {
			if s.name == name {
				chosen = append(chosen, s)
				found = true
			}
		}
		if !found {
			fmt.Fprintf(os.Stderr, "%s: no such scenario\n", name)
			os.Exit(2)
		}
	}
	return chosen
}

// failure is what check and until panic with.
type failure string

// attempt gives the reason of a failure, or nothing.
func attempt(s scenario, l *lab) (reason string) {
	defer l.close()
	defer func() {
		if problem := recover(); problem != nil {
			reason = fmt.Sprint(problem)
		}
	}()
	s.run(l)
	return ""
}

func check(claim bool, format string, arguments ...interface{}) {
	if !claim {
		panic(failure(fmt.Sprintf(format, arguments...)))
	}
}

func succeed(what string, err error) {
	check(err == nil, "%s: %v", what, err)
}

// until waits for a condition; state tells what was there instead if it never comes true.
func until(what string, state func() string, condition func() bool) {
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if condition() {
			return
		}
	}
	check(false, "not within %v: %s; %s", deadline, what, state())
}
