"""The HTTP contract as a table of cases, and what runs it through every door and server.

For a server of any kind, with neither pytest nor Hiss:

    root = make_tree(folder, manifest=False)            # tree
    survey = Survey(partial(ask, ("127.0.0.1", port)))  # survey, client
    for case in CASES:                                  # cases
        request, context = survey.context(case)
        differences = check(case, request, survey.ask(request), context)  # check

It serves `root` at the prefixes of `cases.message.SITES`, before an application that answers
everything else with 200, `X-App: yes` and the body `app`.
"""
