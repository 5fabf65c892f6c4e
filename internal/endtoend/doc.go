// Package endtoend runs the action as a runner does: action.yml in a workflow,
// under act, against a server of this machine that speaks GitHub's API.
package endtoend
