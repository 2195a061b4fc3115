select text from policy_text where digest = decode(:digest, 'hex');
