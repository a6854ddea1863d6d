// Command stream speaks the kubelet's streaming API as kubectl does, with the same library.
//
//	stream spdy|websocket exec|attach [-t] URL    standard input, output and error; the exit code is the command's
//	stream spdy forward URL LOCAL:REMOTE          says "ready" and forwards until it is ended
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
)

var insecure = &rest.Config{TLSClientConfig: rest.TLSClientConfig{Insecure: true}}

func main() {
	err := run(os.Args[1:])
	var exit exec.CodeExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.Code)
	case err != nil:
		fmt.Fprintln(os.Stderr, "stream:", err)
		os.Exit(125)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("usage: stream spdy|websocket exec|attach [-t] URL | stream spdy forward URL LOCAL:REMOTE")
	}
	protocol, verb, args := args[0], args[1], args[2:]
	tty := args[0] == "-t"
	if tty {
		args = args[1:]
	}
	target, err := url.Parse(args[0])
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if verb == "forward" {
		return forward(ctx, target, args[1])
	}
	return command(ctx, protocol, target, tty)
}

// command connects the standard streams that the URL's query asks for.
func command(ctx context.Context, protocol string, target *url.URL, tty bool) error {
	executor, err := newExecutor(protocol, target)
	if err != nil {
		return err
	}
	query := target.Query()
	options := remotecommand.StreamOptions{Tty: tty}
	if query.Has("input") {
		options.Stdin = os.Stdin
	}
	if query.Has("output") {
		options.Stdout = os.Stdout
	}
	if query.Has("error") {
		options.Stderr = os.Stderr
	}
	return executor.StreamWithContext(ctx, options)
}

func newExecutor(protocol string, target *url.URL) (remotecommand.Executor, error) {
	switch protocol {
	case "spdy":
		return remotecommand.NewSPDYExecutor(insecure, http.MethodPost, target)
	case "websocket":
		return remotecommand.NewWebSocketExecutor(insecure, http.MethodGet, target.String())
	}
	return nil, fmt.Errorf("unknown protocol %q: spdy, websocket", protocol)
}

func forward(ctx context.Context, target *url.URL, ports string) error {
	transport, upgrader, err := spdy.RoundTripperFor(insecure)
	if err != nil {
		return err
	}
	dialer := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, target)
	ready := make(chan struct{})
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{ports}, ctx.Done(), ready, nil, os.Stderr)
	if err != nil {
		return err
	}
	go func() {
		<-ready
		fmt.Println("ready")
	}()
	return forwarder.ForwardPorts()
}
