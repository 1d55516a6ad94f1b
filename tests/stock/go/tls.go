//go:build tls

package main

import (
	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// Built with -modfile tls.mod: TLS came after 2.1.2, the last release. The client takes any certificate and shows none.
var (
	producerTransport = []producer.Option{producer.WithTls(true)}
	consumerTransport = []consumer.Option{consumer.WithTls(true)}
	adminTransport    = []admin.AdminOption{admin.WithTls(true)}
)
