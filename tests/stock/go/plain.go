//go:build !tls

package main

import (
	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

var (
	producerTransport []producer.Option
	consumerTransport []consumer.Option
	adminTransport    []admin.AdminOption
)
