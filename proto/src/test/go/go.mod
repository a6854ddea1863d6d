module carafe.test/descriptor

go 1.19
