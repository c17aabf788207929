-- Take in lines whose commits were found anew.
COPY found_line (environment, repository, component, since) FROM STDIN
