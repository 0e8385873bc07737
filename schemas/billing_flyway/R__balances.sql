CREATE OR REPLACE VIEW balance AS
SELECT a.account_no, a.currency, coalesce(sum(p.cents) FILTER (WHERE p.credit = a.account_no), 0)
    - coalesce(sum(p.cents) FILTER (WHERE p.debit = a.account_no), 0) AS cents
FROM account a LEFT JOIN posting p ON a.account_no IN (p.debit, p.credit)
GROUP BY a.account_no, a.currency;
