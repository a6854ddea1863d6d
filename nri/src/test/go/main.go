// A plugin made with NRI's own library, for the tests of Carafe's side of the protocol.
//
// It prints a line for each event to standard output and gives every container it sees created a variable, a mount and
// limits, as its flags say. It leaves when its connection is closed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/containerd/nri/pkg/api"
	"github.com/containerd/nri/pkg/stub"
)

type plugin struct {
	env    string
	mount  string
	memory int64
	refuse string
	block  time.Duration
	stub   stub.Stub
}

func say(event string, pod *api.PodSandbox, container *api.Container) {
	fmt.Printf("%s pod=%s/%s container=%s args=%s\n",
		event, pod.GetNamespace(), pod.GetName(), container.GetName(), strings.Join(container.GetArgs(), ","))
}

func (p *plugin) Configure(_ context.Context, config, runtime, version string) (api.EventMask, error) {
	fmt.Printf("Configure %s for %s\n", strings.TrimSpace(config), runtime)
	return 0, nil
}

func (p *plugin) Synchronize(_ context.Context, pods []*api.PodSandbox, containers []*api.Container) ([]*api.ContainerUpdate, error) {
	time.Sleep(p.block)
	fmt.Printf("Synchronize %d pods, %d containers\n", len(pods), len(containers))
	for _, container := range containers {
		fmt.Printf("Synchronized %s %s %s\n", container.GetName(), container.GetState(), strings.Join(container.GetArgs(), ","))
	}
	return nil, nil
}

func (p *plugin) Shutdown(context.Context) { fmt.Println("Shutdown") }

func (p *plugin) RunPodSandbox(_ context.Context, pod *api.PodSandbox) error {
	say("RunPodSandbox", pod, nil)
	return nil
}

func (p *plugin) StopPodSandbox(_ context.Context, pod *api.PodSandbox) error {
	say("StopPodSandbox", pod, nil)
	return nil
}

func (p *plugin) RemovePodSandbox(_ context.Context, pod *api.PodSandbox) error {
	say("RemovePodSandbox", pod, nil)
	return nil
}

func (p *plugin) CreateContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) (*api.ContainerAdjustment, []*api.ContainerUpdate, error) {
	say("CreateContainer", pod, container)
	if p.refuse != "" && container.GetName() == p.refuse {
		return nil, nil, errors.New("refused by its flag")
	}
	adjust := &api.ContainerAdjustment{}
	if key, value, found := strings.Cut(p.env, "="); found {
		adjust.AddEnv(key, value)
	}
	if source, destination, found := strings.Cut(p.mount, ":"); found {
		adjust.AddMount(&api.Mount{Type: "bind", Source: source, Destination: destination, Options: []string{"rbind", "ro"}})
	}
	if p.memory > 0 {
		adjust.SetLinuxMemoryLimit(p.memory)
	}
	return adjust, nil, nil
}

func (p *plugin) StartContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) error {
	say("StartContainer", pod, container)
	return nil
}

func (p *plugin) PostStartContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) error {
	say("PostStartContainer", pod, container)
	return nil
}

func (p *plugin) StopContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) ([]*api.ContainerUpdate, error) {
	say("StopContainer", pod, container)
	return nil, nil
}

func (p *plugin) RemoveContainer(_ context.Context, pod *api.PodSandbox, container *api.Container) error {
	say("RemoveContainer", pod, container)
	return nil
}

func main() {
	p := &plugin{}
	socket := flag.String("socket", api.DefaultSocketPath, "where the runtime listens")
	name := flag.String("name", "go-plugin", "its name")
	index := flag.String("index", "10", "its index")
	flag.StringVar(&p.env, "env", "", "NAME=VALUE for every container")
	flag.StringVar(&p.mount, "mount", "", "SOURCE:DESTINATION for every container")
	flag.Int64Var(&p.memory, "memory", 0, "limit for every container")
	flag.StringVar(&p.refuse, "refuse", "", "name of containers that are refused")
	flag.DurationVar(&p.block, "block", 0, "how long it takes to synchronize")
	flag.Parse()

	options := []stub.Option{stub.WithSocketPath(*socket), stub.WithOnClose(func() { os.Exit(0) })}
	if os.Getenv(api.PluginNameEnvVar) == "" {
		options = append(options, stub.WithPluginName(*name), stub.WithPluginIdx(*index))
	}
	var err error
	if p.stub, err = stub.New(p, options...); err == nil {
		err = p.stub.Run(context.Background())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
