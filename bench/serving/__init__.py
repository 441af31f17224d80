"""Static files served side by side: the parts of `bench/serve.py`.

`site` and `subjects` say what is served and by whom, `processes` runs it, `check` looks at what is
answered, `load` times it; `pairs`, `matrix`, `startup`, `dynamic` and `large` are the measurements;
`targets`, `page` and `plot` say what came of them.
"""
