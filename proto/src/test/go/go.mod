module carafe.test/cri-descriptor

go 1.19
