"""The job specs of Expanso: models, rules, corrections, rollouts."""
