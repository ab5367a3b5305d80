package sources

import (
	"context"

	"daybook/app/command"
	"daybook/domain/es"
	"daybook/domain/source"
)

// Match is what a source must stand at for a change to be made, so that nobody
// overwrites what they have not seen.
type Match struct {
	// Revision is the one that is demanded; nil: any. With each change that is
	// made it becomes the one that the source is at then.
	Revision *es.Revision
}

// Only returns s for changes that are refused as stale unless the source
// matches.
func (s *Sources) Only(match *Match) *Sources {
	demanding := *s
	demanding.match = match
	return &demanding
}

// decide carries a command out, where the source matches.
func (s *Sources) decide(ctx context.Context, at Place, c source.Command, actor string) (command.Result[source.State, source.Event], error) {
	handler, stream, meta := s.handler, source.Stream(at.Key), command.Meta{Actor: actor}
	if s.match == nil {
		return handler.Handle(ctx, stream, c, meta)
	}
	if demanded := s.match.Revision; demanded != nil {
		handler.Decider.Decide = func(state source.State, c source.Command) ([]source.Event, error) {
			if !state.Exists || state.Revision != *demanded {
				return nil, stale()
			}
			return source.Decide(state, c)
		}
	}
	result, err := handler.Handle(ctx, stream, c, meta)
	if err == nil {
		s.match.Revision = &result.State.Revision
	}
	return result, err
}

func stale() error {
	return &es.Refusal{Code: es.Stale, Message: "the source was changed in the meantime; read it again, then change it"}
}
