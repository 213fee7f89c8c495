"""What a person at a shell meets: the words of the commands, a job file written for them, a bar that moves."""
