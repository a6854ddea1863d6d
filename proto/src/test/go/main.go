// usage: go run . MODULE@VERSION SUM FILE
//
// Prints the serialized FileDescriptorProto of a published interface to standard output: that of the generated FILE in
// the module, which must have the checksum SUM.
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

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: go run . MODULE@VERSION SUM FILE")
		os.Exit(2)
	}
	descriptor, err := publishedDescriptor(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.WriteString(descriptor)
}

func publishedDescriptor(module, sum, generated string) (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	var download struct{ Dir, Sum, Error string }
	if json.Unmarshal(out, &download) != nil || download.Error != "" || err != nil {
		return "", fmt.Errorf("download %s: %v %s", module, err, download.Error)
	}
	if download.Sum != sum {
		return "", fmt.Errorf("%s has sum %s, not %s", module, download.Sum, sum)
	}
	file, err := parser.ParseFile(
		token.NewFileSet(), filepath.Join(download.Dir, generated), nil, parser.SkipObjectResolution)
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
	return "", errors.New("no *_rawDesc in " + generated)
}

// constant evaluates a sum of string literals, or a slice of bytes.
func constant(expression ast.Expr) (string, error) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.CompositeLit:
		bytes := make([]byte, len(e.Elts))
		for i, element := range e.Elts {
			value, err := strconv.ParseUint(element.(*ast.BasicLit).Value, 0, 8)
			if err != nil {
				return "", err
			}
			bytes[i] = byte(value)
		}
		return string(bytes), nil
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
