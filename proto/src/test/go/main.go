// Prints the serialized FileDescriptorProto of the published CRI to standard output.
//
// It reads the descriptor out of the generated source instead of importing the package: that needs no other module,
// compiles in a second, and works with any Go since 1.19.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	module = "k8s.io/cri-api@v0.37.0"
	sum    = "h1:8a3Rpw5NNRivF+q8GO/ECK3BrWT06M4Er8ndzLvTF7k="
)

func main() {
	descriptor, err := publishedDescriptor()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.WriteString(descriptor)
}

func publishedDescriptor() (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	var download struct{ Dir, Sum, Error string }
	if json.Unmarshal(out, &download) != nil || download.Error != "" || err != nil {
		return "", fmt.Errorf("download %s: %v %s", module, err, download.Error)
	}
	if download.Sum != sum {
		return "", fmt.Errorf("%s has sum %s, not %s", module, download.Sum, sum)
	}
	file, err := parser.ParseFile(
		token.NewFileSet(), filepath.Join(download.Dir, "pkg/apis/runtime/v1/api.pb.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if ok && len(value.Values) == 1 && strings.HasSuffix(value.Names[0].Name, "_rawDesc") {
				return constant(value.Values[0])
			}
		}
	}
	return "", errors.New("no constant *_rawDesc in api.pb.go")
}

// constant evaluates a sum of string literals.
func constant(expression ast.Expr) (string, error) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.BinaryExpr:
		left, err := constant(e.X)
		if err != nil {
			return "", err
		}
		right, err := constant(e.Y)
		return left + right, err
	}
	return "", fmt.Errorf("unexpected %T in *_rawDesc", expression)
}
