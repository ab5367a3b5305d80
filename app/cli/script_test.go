package cli_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"daybook/app/cli"
)

// TestMain is also the program daybook: scripts run it as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"daybook": func() { os.Exit(cli.Main("1.2.3-test")) },
	})
}

// TestScripts runs the scripts in testdata. Beside the commands that
// testscript has, they know those below.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("DAYBOOK_DATA", filepath.Join(env.WorkDir, "data"))
			env.Values[serverKey{}] = new(server)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":   serve,
			"stop":    stop,
			"status":  status,
			"within":  within,
			"until":   until,
			"follow":  follow,
			"capture": capture,
			"nowhere": nowhere,
		},
	})
}

// patience is how long a script waits for what takes a moment.
const patience = 20 * time.Second

// server is the Daybook that a script has started.
type server struct {
	process *exec.Cmd
	ended   chan error
}

type serverKey struct{}

// command is the program with arguments, in the place and the environment of
// the script.
func command(ts *testscript.TestScript, args ...string) *exec.Cmd {
	cmd := exec.Command("daybook", args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{
		"PATH", "TMPDIR", "DAYBOOK_DATA", "DAYBOOK_URL", "DAYBOOK_ADMIN_TOKEN", "DAYBOOK_MASTER_KEY", "DAYBOOK_LOG_LEVEL",
	} {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

// serve [args…] starts a Daybook, which writes to server.log, and names it in
// DAYBOOK_URL once it listens.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	log, err := os.OpenFile(ts.MkAbs("server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	s := ts.Value(serverKey{}).(*server)
	s.process = command(ts, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	s.ended = make(chan error, 1)
	stderr, err := s.process.StderrPipe()
	ts.Check(err)
	ts.Check(s.process.Start())
	address := make(chan string, 1)
	go func() {
		defer func() { _ = log.Close() }()
		lines := bufio.NewReader(io.TeeReader(stderr, log))
		listening := regexp.MustCompile(`"msg":"listening","addr":"([^"]+)"`)
		for {
			line, err := lines.ReadString('\n')
			if found := listening.FindStringSubmatch(line); found != nil {
				address <- found[1]
			}
			if err != nil {
				s.ended <- s.process.Wait()
				close(s.ended)
				return
			}
		}
	}()
	ts.Defer(func() { _ = s.process.Process.Kill() })
	select {
	case addr := <-address:
		ts.Setenv("DAYBOOK_URL", "http://"+addr)
	case err := <-s.ended:
		ts.Fatalf("the server ended: %v\n%s", err, ts.ReadFile("server.log"))
	case <-time.After(patience):
		ts.Fatalf("the server does not listen\n%s", ts.ReadFile("server.log"))
	}
}

// stop asks the server to end, and fails unless it ends well.
func stop(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*server)
	ts.Check(s.process.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-s.ended:
		ts.Check(err)
	case <-time.After(10 * time.Second):
		ts.Fatalf("the server did not stop within 10 s\n%s", ts.ReadFile("server.log"))
	}
}

// status N program [args…] fails unless the program ends with the status.
func status(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exited, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exited.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// within DURATION program [args…] fails if the program does not end well, or
// takes longer.
func within(ts *testscript.TestScript, neg bool, args []string) {
	most, err := time.ParseDuration(args[0])
	ts.Check(err)
	began := time.Now()
	ts.Check(ts.Exec(args[1], args[2:]...))
	if took := time.Since(began); took > most {
		ts.Fatalf("it took %s", took)
	}
}

// until PATTERN program [args…] runs the program again and again until its
// output has what it looks for; with !, until it lacks it.
func until(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		ts.Check(ts.Exec(args[1], args[2:]...))
		if pattern.MatchString(ts.ReadFile("stdout")) != neg {
			return
		}
	}
	ts.Fatalf("it never came to that: %s", args[0])
}

// follow PATTERN daybook [args…] runs the program until a line of its output
// has what it looks for, then interrupts it, and fails unless it ends well.
func follow(ts *testscript.TestScript, neg bool, args []string) {
	cmd := command(ts, args[2:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	giveUp := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	pattern := regexp.MustCompile(args[0])
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		ts.Logf("%s", lines.Text())
		if pattern.MatchString(lines.Text()) {
			ts.Check(cmd.Process.Signal(os.Interrupt))
			break
		}
	}
	_, err = io.Copy(io.Discard, stdout)
	ts.Check(err)
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("%v\n%s", err, stderr.String())
	}
}

// capture NAME PATTERN sets a variable to what a group of the pattern finds in
// the output of the last program.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("nothing there is %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// nowhere TEXT… fails if one of the texts stands in a file of the script, or in
// what the last program wrote.
func nowhere(ts *testscript.TestScript, neg bool, args []string) {
	look := func(where, content string) {
		for _, text := range args {
			if text == "" {
				ts.Fatalf("there is nothing to look for")
			}
			if bytes.Contains([]byte(content), []byte(text)) {
				ts.Fatalf("%s stands in %s", text, where)
			}
		}
	}
	look("stdout", ts.ReadFile("stdout"))
	look("stderr", ts.ReadFile("stderr"))
	files := 0
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		look(path, string(content))
		files++
		return err
	}))
	ts.Logf("%d files were looked at", files)
}
