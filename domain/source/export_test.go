package source

// What the tests see of how scripts are known.
var (
	IsIdleScript = isIdleScript
	ScriptSum    = scriptSum
)
