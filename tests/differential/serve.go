package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
)

// serve judges cases over pipes. Each line of standard input is a JSON list of cases. For each line
// one line is written, the JSON list of their verdicts.
func serve[Case, Verdict any](judge func(Case) Verdict) {
	input := bufio.NewReader(os.Stdin)
	output := json.NewEncoder(os.Stdout)
	for {
		line, err := input.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		var cases []Case
		if err := json.Unmarshal(line, &cases); err != nil {
			log.Fatal(err)
		}
		verdicts := make([]Verdict, 0, len(cases))
		for _, c := range cases {
			verdicts = append(verdicts, judge(c))
		}
		if err := output.Encode(verdicts); err != nil {
			log.Fatal(err)
		}
	}
}
