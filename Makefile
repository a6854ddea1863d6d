# The front door. Each target is one script in scripts/, which says what it does; nothing is decided here.

PREFIX ?= /usr/local
DESTDIR ?=

.DEFAULT_GOAL := help
.PHONY: help build demo test test-vm test-kubelet install dist bench bench-images bench-runtime soak chaos fuzz conformance clean

help: ## print these lines
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 22

build: ## compile and package everything, no tests
	@scripts/build.sh

demo: ## run a pod from a registry to its exit code, and show each step (root; IMAGE=... to pull your own)
	@IMAGE='$(IMAGE)' scripts/demo.sh

test: ## run all tests, those that need root too (root)
	@scripts/test.sh

test-vm: ## run the tests of cgroups on cgroup v2 alone, without and under systemd, in a virtual machine (root)
	@scripts/vm/test.sh

test-kubelet: ## put a real kubelet before carafed and look at its pods (root, Go)
	@scripts/kubelet/test.sh

install: ## put carafed and carafe under $(DESTDIR)$(PREFIX)
	@scripts/install.sh '$(DESTDIR)' '$(PREFIX)'

dist: ## make build/carafe-VERSION.tar.gz of what install puts in place
	@scripts/dist.sh

bench: ## measure carafed beside containerd and podman, into bench/results/ (root)
	@scripts/bench.sh

bench-images: ## measure pull, push and removal of images beside containerd, podman and skopeo, into bench/results/images.md (root)
	@scripts/bench-images.sh

bench-runtime: ## measure carafe-oci beside runc, crun and the least that a container costs, into bench/results/ (root)
	@scripts/bench-runtime.sh

soak: ## make and remove CYCLES pods (10000), run EXECS commands (100000), and see whether anything grows (root)
	@scripts/soak.sh

chaos: ## kill the users of an image store KILLS times (1000) at random moments, and see whether it is whole (root)
	@scripts/chaos.sh

fuzz: ## put all that reads foreign input before libFuzzer and Jazzer, each for SECONDS (300); TARGET=... for one of them
	@scripts/fuzz.sh '$(or $(SECONDS),300)' '$(TARGET)'

conformance: ## run critest against carafed and runtime-tools against carafe-oci, into conformance/results/ (root, Go)
	@scripts/conformance.sh

clean: ## remove what was built
	@scripts/clean.sh
