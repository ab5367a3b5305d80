// Command daybook receives webhooks, and shows what became of them.
package main

import (
	"os"

	"daybook/app/cli"
)

// version is set by the build.
var version = "development"

func main() { os.Exit(cli.Main(version)) }
