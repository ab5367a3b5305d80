package views

// Error is the page for a request that was not answered otherwise. Known
// statuses have words of their own; Message replaces the first.
type Error struct {
	Page
	Status  int
	Message string
}

// words are what a status means to a person, and what to do.
func (m Error) words() (title, todo string) {
	switch m.Status {
	case 400:
		return "That cannot be read.", "Check what was typed into the address or the form."
	case 401:
		return "Please log in.", "The session has ended. Log in again, and you are led back."
	case 403:
		return "That is not allowed.", "The request came from another site, or this account may not do it. Open the page here and try again."
	case 404:
		return "There is nothing here.", "It may belong to another environment, or the address is wrong. Look for it in the log."
	case 405:
		return "Not like this.", "This address takes another method."
	case 409:
		return "Somebody was faster.", "What you changed had changed in the meantime. Load the page again and look."
	case 413:
		return "That is too large.", "Forms may hold 1 MiB."
	case 421:
		return "Daybook does not answer to this name.", "Open it under its own address, or start it with --public-url set to this one."
	case 503:
		return "The store cannot be reached.", "Nothing is lost: senders are told to try again, and so may you in a moment."
	default:
		return "Something went wrong here.", "It is not your doing. The server's log has the reason; try again, and report it if it stays."
	}
}

// title is the message, or the words of the status.
func (m Error) title() string {
	if m.Message != "" {
		return m.Message
	}
	title, _ := m.words()
	return title
}

// todo is what to do, in the words of the status.
func (m Error) todo() string {
	_, todo := m.words()
	return todo
}
