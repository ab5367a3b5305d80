package transfer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// The words that lines of the file begin with, and the version of the format.
const (
	wordBegin     = "daybook-log"
	wordEvent     = "event"
	wordTombstone = "tombstone"
	wordEnd       = "end"

	formatVersion = 1
)

// What a file may hold at most, in bytes: more than any store takes.
const (
	maxLine = 256
	maxName = 64 << 10 // a stream or a type
	maxBody = 64 << 20 // data or metadata
)

// buffer is how much is read or written at once, in bytes.
const buffer = 1 << 20

// ErrDamaged says that a file is not what Export wrote.
var ErrDamaged = errors.New("the file was cut off or altered since it was exported: copy or export it again")

// fileWriter writes a file.
type fileWriter struct {
	out    *bufio.Writer
	sum    hash.Hash
	events uint64
	bytes  uint64
	head   []byte // of one event, reused
}

func newFileWriter(w io.Writer, logID string) (*fileWriter, error) {
	f := &fileWriter{sum: sha256.New()}
	f.out = bufio.NewWriterSize(io.MultiWriter(w, f.sum), buffer)
	return f, f.write(fmt.Appendf(nil, "%s %d %s\n", wordBegin, formatVersion, logID))
}

func (f *fileWriter) write(parts ...[]byte) error {
	for _, part := range parts {
		n, err := f.out.Write(part)
		f.bytes += uint64(n)
		if err != nil {
			return fmt.Errorf("write the file: %w", err)
		}
	}
	return nil
}

// add writes an event, or a tombstone.
func (f *fileWriter) add(e *es.Recorded) error {
	f.events++
	stream := []byte(e.Stream)
	if isTombstone(e) {
		f.head = fmt.Appendf(f.head[:0], "%s %d\n", wordTombstone, len(stream))
		return f.write(f.head, stream, newline())
	}
	f.head = fmt.Appendf(f.head[:0], "%s %d %s %d %d %d %d\n",
		wordEvent, e.Revision, e.ID, len(stream), len(e.Type), len(e.Data), len(e.Metadata))
	return f.write(f.head, stream, []byte{' '}, []byte(e.Type), newline(), e.Data, newline(), e.Metadata, newline())
}

// end writes the last line, and returns the sum in it.
func (f *fileWriter) end() (string, error) {
	if err := f.out.Flush(); err != nil {
		return "", fmt.Errorf("write the file: %w", err)
	}
	sum := hex.EncodeToString(f.sum.Sum(nil))
	err := f.write(fmt.Appendf(nil, "%s %d %s\n", wordEnd, f.events, sum))
	if err == nil {
		err = f.out.Flush()
	}
	return sum, err
}

func newline() []byte { return []byte{'\n'} }

// fileReader reads a file. It trusts nothing in it.
type fileReader struct {
	logID  string
	events uint64 // read so far
	bytes  uint64
	total  string // the sum, once the end was read

	in  *bufio.Reader
	sum hash.Hash
}

func newFileReader(r io.Reader) (*fileReader, error) {
	f := &fileReader{in: bufio.NewReaderSize(r, buffer), sum: sha256.New()}
	line, err := f.line()
	if err != nil {
		return nil, err
	}
	fields := bytes.Split(line, []byte{' '})
	if len(fields) != 3 || string(fields[0]) != wordBegin {
		return nil, errors.New("this is not a log that daybook export wrote")
	}
	if version, err := number(fields[1], 1<<31); err != nil || version != formatVersion {
		return nil, fmt.Errorf("the file has the format %q, and this Daybook reads %d: import it with the one that exported it, or a newer one",
			fields[1], formatVersion)
	}
	f.logID = string(fields[2])
	f.sum.Write(append(line, '\n'))
	return f, nil
}

// next returns the next event or tombstone, or io.EOF after the last if the
// file is whole and unaltered. Its bytes are the caller's.
func (f *fileReader) next() (es.Recorded, error) {
	line, err := f.line()
	if err != nil {
		return es.Recorded{}, err
	}
	fields := bytes.Split(line, []byte{' '})
	if string(fields[0]) == wordEnd {
		return es.Recorded{}, f.end(fields)
	}
	f.sum.Write(append(line, '\n'))
	var e es.Recorded
	switch {
	case string(fields[0]) == wordEvent && len(fields) == 7:
		e, err = f.event(fields[1:])
	case string(fields[0]) == wordTombstone && len(fields) == 2:
		e, err = f.tombstone(fields[1])
	default:
		err = ErrDamaged
	}
	if err != nil {
		return es.Recorded{}, fmt.Errorf("read event %d of the file: %w", f.events, err)
	}
	f.events++
	return e, nil
}

func (f *fileReader) event(fields [][]byte) (es.Recorded, error) {
	var e es.Recorded
	revision, err := number(fields[0], uint64(es.TombstoneRevision)-1)
	if err != nil {
		return e, err
	}
	e.Revision = es.Revision(revision)
	if e.ID, err = uuid.ParseBytes(fields[1]); err != nil || e.ID.String() != string(fields[1]) {
		return e, ErrDamaged
	}
	var parts [4][]byte
	for i, most := range []uint64{maxName, maxName, maxBody, maxBody} {
		n, err := number(fields[2+i], most)
		if err != nil {
			return e, err
		}
		if parts[i], err = f.part(n, []byte{' ', '\n', '\n', '\n'}[i]); err != nil {
			return e, err
		}
	}
	e.Stream, e.Type, e.Data, e.Metadata = es.Stream(parts[0]), string(parts[1]), parts[2], parts[3]
	if e.Stream == "" || e.Type == "" || e.Type == es.TypeStreamDeleted || e.ID == uuid.Nil {
		return e, ErrDamaged
	}
	return e, nil
}

func (f *fileReader) tombstone(length []byte) (es.Recorded, error) {
	n, err := number(length, maxName)
	if err != nil {
		return es.Recorded{}, err
	}
	stream, err := f.part(n, '\n')
	if err != nil || len(stream) == 0 {
		return es.Recorded{}, errors.Join(err, ErrDamaged)
	}
	return tombstoneOf(es.Stream(stream)), nil
}

// end compares what was read with what the last line says.
func (f *fileReader) end(fields [][]byte) error {
	if len(fields) != 3 {
		return ErrDamaged
	}
	events, err := number(fields[1], 1<<62)
	f.total = hex.EncodeToString(f.sum.Sum(nil))
	if err != nil || events != f.events || string(fields[2]) != f.total {
		return ErrDamaged
	}
	switch _, err := f.in.ReadByte(); {
	case err == nil:
		return ErrDamaged // something follows
	case errors.Is(err, io.EOF):
		return io.EOF
	default:
		return fmt.Errorf("read the file: %w", err)
	}
}

// line reads a line, and returns it without its end. It is good until the next
// read.
func (f *fileReader) line() ([]byte, error) {
	line, err := f.in.ReadSlice('\n')
	switch {
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("read the file: %w", err)
	case err != nil, len(line) > maxLine:
		return nil, ErrDamaged
	}
	f.bytes += uint64(len(line))
	return bytes.Clone(line[:len(line)-1]), nil
}

// part reads n bytes and the byte after them. Memory is taken as the bytes
// come: a length alone costs nothing.
func (f *fileReader) part(n uint64, after byte) ([]byte, error) {
	var part bytes.Buffer
	if n <= buffer {
		part.Grow(int(n) + 1)
	}
	read, err := io.CopyN(&part, f.in, int64(n)+1)
	f.bytes += uint64(read)
	switch {
	case errors.Is(err, io.EOF):
		return nil, ErrDamaged
	case err != nil:
		return nil, fmt.Errorf("read the file: %w", err)
	case part.Bytes()[n] != after:
		return nil, ErrDamaged
	}
	f.sum.Write(part.Bytes())
	return part.Bytes()[:n:n], nil
}

// number reads a number as the writer writes it.
func number(text []byte, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || n > most || strconv.FormatUint(n, 10) != string(text) {
		return 0, ErrDamaged
	}
	return n, nil
}

func isTombstone(e *es.Recorded) bool { return e.Type == es.TypeStreamDeleted }

// tombstoneOf is a tombstone without what each store makes of it itself.
func tombstoneOf(stream es.Stream) es.Recorded {
	return es.Recorded{Event: es.Event{Type: es.TypeStreamDeleted}, Stream: stream, Revision: es.TombstoneRevision}
}
