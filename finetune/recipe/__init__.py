"""How the tiny base is made, from nothing but `finetune.drawn` and a seed."""
