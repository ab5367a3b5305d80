package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"daybook/domain/es"
)

// MaxAppend is the largest append, in bytes: four times the largest webhook
// that ingest takes unless told otherwise, with room for what is noted of it.
const MaxAppend = 4 << 20

// ErrLocked says that another process has the store open.
var ErrLocked = errors.New("another Daybook uses this directory: stop it, or choose another directory with --data")

// errClosed is the cause of an [es.ErrUnavailable] after Close.
var errClosed = errors.New("it is closed")

// Options may be left zero.
type Options struct {
	// Now is the clock that $maxAge is measured with; time.Now if nil.
	Now func() time.Time
}

// Store is an event store in a directory. Make one with [Open].
type Store struct {
	lock      *os.File
	db, pool  *sql.DB // the writer's connection, and the readers'
	now       func() time.Time
	head      *head
	retention *retention
	queue     *queue
	writer    *writer
	readers   chan *reader // those that nobody uses
	requests  sync.Pool    // those that were answered
	closing   chan struct{}
	close     func() error
}

var _ es.Store = (*Store)(nil)

// Open opens the store in dir, and makes both if they are absent. It returns
// [ErrLocked] if another process, or another Store, has it open. The context
// bounds only the opening.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	s, err := open(ctx, dir, o)
	if err != nil {
		return nil, fmt.Errorf("open the event store in %s: %w", dir, err)
	}
	return s, nil
}

func open(ctx context.Context, dir string, o Options) (_ *Store, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // the directory is the operator's choice
		return nil, err
	}
	s := &Store{
		now:       o.Now,
		head:      &head{},
		retention: &retention{of: make(map[es.Stream]es.Retention)},
		queue:     newQueue(),
		readers:   make(chan *reader, readers),
		closing:   make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.requests.New = func() any { return &request{done: make(chan struct{}, 1)} }
	s.close = sync.OnceValue(s.closeAll)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if s.lock, err = takeLock(filepath.Join(dir, lockName)); err != nil {
		return nil, err
	}
	if err := s.openFiles(ctx, filepath.Join(dir, FileName)); err != nil {
		return nil, err
	}
	if err := errors.Join(syncDir(dir), syncDir(filepath.Dir(dir))); err != nil {
		return nil, err
	}
	go s.writer.run(s.queue) //nolint:contextcheck // it outlives the opening
	return s, nil
}

// openFiles opens the writer first: it makes the schema that readers read.
func (s *Store) openFiles(ctx context.Context, path string) (err error) {
	if s.db, err = openFile(path, writerPragmas); err != nil {
		return err
	}
	if s.writer, err = newWriter(ctx, s.db, s.head, s.retention, s.now); err != nil {
		return err
	}
	if s.pool, err = openFile(path, readerPragmas); err != nil {
		return err
	}
	for range readers {
		r, err := newReader(ctx, s.pool)
		if err != nil {
			return err
		}
		s.readers <- r
	}
	return nil
}

// Head is described by the port.
func (s *Store) Head(ctx context.Context) (es.Position, error) {
	if err := s.usable(ctx); err != nil {
		return 0, fmt.Errorf("find the head: %w", err)
	}
	return s.head.position(), nil
}

// MaxAppend is described by the port.
func (s *Store) MaxAppend() int { return MaxAppend }

// Close is described by the port. It moves the write-ahead log into the file,
// so that afterwards log.db alone is the whole log. Every call returns what the
// first one found.
func (s *Store) Close() error { return s.close() }

func (s *Store) closeAll() error {
	close(s.closing)
	s.queue.close()
	<-s.writer.stopped
	errs := make([]error, 0, readers+2)
	for range readers {
		r := <-s.readers // each comes back when its page is read
		errs = append(errs, r.close())
	}
	errs = append(errs, s.writer.checkpoint(), s.release())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the event store: %w", err)
	}
	return nil
}

// release gives back what open has taken so far: the lock last, so that nobody
// else opens a file that is still in use.
func (s *Store) release() error {
	var errs []error
	for len(s.readers) > 0 {
		r := <-s.readers
		errs = append(errs, r.close())
	}
	if s.pool != nil {
		errs = append(errs, s.pool.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, releaseLock(s.lock))
	}
	return errors.Join(errs...)
}

// usable says why a call cannot be answered.
func (s *Store) usable(ctx context.Context) error {
	select {
	case <-s.closing:
		return unavailable(errClosed)
	default:
	}
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable makes an es.ErrUnavailable of what the engine, a context or the
// end of the store says.
func unavailable(cause error) error {
	return fmt.Errorf("%w: %w", es.ErrUnavailable, cause)
}
