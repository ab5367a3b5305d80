package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"daybook/domain/es"
)

// The files are called readmodel-1.db, readmodel-2.db, …: every rebuild takes
// the next number, so a file in use never changes its name.
const (
	filePrefix = "readmodel-"
	fileSuffix = ".db"
)

func versionsOf(projections []Projection) string {
	versions := []string{fmt.Sprintf("layout %d", layout)}
	for _, p := range projections {
		versions = append(versions, fmt.Sprintf("%s %d", p.Name, p.Version))
	}
	return strings.Join(versions, ", ")
}

func (r *Runner) path(number int) string {
	return filepath.Join(r.config.Dir, filePrefix+strconv.Itoa(number)+fileSuffix)
}

// openCurrent opens the newest file that can be used and deletes the others;
// if there is none it makes one.
func (r *Runner) openCurrent(ctx context.Context) (*file, error) {
	if err := os.MkdirAll(r.config.Dir, 0o700); err != nil {
		return nil, err
	}
	head, err := r.config.Store.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the head of the log: %w", err)
	}
	numbers, err := r.numbers()
	if err != nil {
		return nil, err
	}
	var usable *file
	for _, number := range numbers {
		if usable == nil {
			usable, err = r.openUsable(ctx, number, head)
			if err != nil {
				return nil, err
			}
		}
		if usable == nil || usable.number != number {
			if err := remove(r.path(number)); err != nil {
				return nil, errors.Join(err, closeIfAny(usable))
			}
		}
	}
	if usable != nil {
		return usable, nil
	}
	next := 1
	if len(numbers) > 0 {
		next = numbers[0] + 1
	}
	return r.createFile(ctx, next, true)
}

func closeIfAny(f *file) error {
	if f == nil {
		return nil
	}
	return f.close()
}

// numbers returns those of the files that exist, the newest first.
func (r *Runner) numbers() ([]int, error) {
	entries, err := os.ReadDir(r.config.Dir)
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, entry := range entries {
		middle, isFile := strings.CutPrefix(entry.Name(), filePrefix)
		middle, isMain := strings.CutSuffix(middle, fileSuffix)
		number, err := strconv.Atoi(middle)
		if isFile && isMain && err == nil {
			numbers = append(numbers, number)
		}
	}
	slices.SortFunc(numbers, func(a, b int) int { return cmp.Compare(b, a) })
	return numbers, nil
}

// openUsable opens a file if it was made from this log by these projections;
// otherwise it says in the log why not, and returns nil.
func (r *Runner) openUsable(ctx context.Context, number int, head es.Position) (*file, error) {
	f, err := openFile(ctx, r.path(number), number)
	if err != nil {
		r.config.Logger.Warn("a file of read models cannot be opened and is made anew", slog.Any("error", err))
		return nil, nil
	}
	h, err := f.readHeader(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), f.close())
	}
	reason := r.objection(h, head, err)
	if reason == "" {
		if reason, err = r.drifted(ctx, h.anchor); err != nil {
			return nil, errors.Join(err, f.close())
		}
	}
	if reason != "" {
		r.config.Logger.Warn("the read models are made anew", slog.String("reason", reason))
		return nil, f.close()
	}
	f.checkpoint = h.checkpoint
	if err := f.prepare(ctx, r.config.Projections); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// objection says why a file cannot be used; it is empty if it can.
func (r *Runner) objection(h header, head es.Position, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case !h.serving:
		return "a rebuild was not finished"
	case h.logID != r.config.LogID:
		return fmt.Sprintf("they are of the log %s, and this is %s", h.logID, r.config.LogID)
	case h.versions != r.versions:
		return fmt.Sprintf("they were made by another version (%s; now %s)", h.versions, r.versions)
	case h.checkpoint > head:
		return fmt.Sprintf("they are at position %d, and the log ends at %d", h.checkpoint, head)
	default:
		return ""
	}
}

func (r *Runner) createFile(ctx context.Context, number int, serving bool) (*file, error) {
	path := r.path(number)
	if err := remove(path); err != nil {
		return nil, err
	}
	f, err := openFile(ctx, path, number)
	if err != nil {
		return nil, err
	}
	err = f.create(ctx, header{logID: r.config.LogID, versions: r.versions, serving: serving}, r.config.Projections)
	if err == nil {
		err = f.prepare(ctx, r.config.Projections)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make %s: %w", path, err), f.discard())
	}
	return f, nil
}
