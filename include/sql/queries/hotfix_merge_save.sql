-- Where a hotfix came back to, and how; a conflict that was resolved becomes a merge.
INSERT INTO release_ops.hotfix_merge AS m (product, version, branch, how, commit, address, detail, at)
VALUES (%(product)s, %(version)s, %(branch)s, %(how)s, %(commit)s, %(address)s, %(detail)s, %(at)s)
ON CONFLICT (product, version, branch) DO UPDATE SET
    how = excluded.how,
    commit = excluded.commit,
    address = excluded.address,
    detail = excluded.detail
