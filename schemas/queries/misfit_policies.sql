select 'policy ' || encode(digest, 'hex') as place, 'its text is not what its digest says' as what
  from policy_text
 where digest <> sha256(convert_to(text, 'UTF8'));
