package source

import "encoding/json"

// IsIdleScript is what the tests see of how scripts are known.
func IsIdleScript(raw json.RawMessage, known string) bool { return isIdleScript(raw, known) }

// ScriptSum is what a script is known by.
func ScriptSum(text string) string { return scriptSum(text) }
