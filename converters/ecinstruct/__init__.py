r"""ECInstruct (NingLab/ECInstruct, CC BY 4.0): its labels, and how its rows are rewritten.

One row as it is in the authors' dataset (the text here is made up):

    {"instruction": "Which relation holds between the two products? Answer from the options.",
     "input": "{\"Product 1:\": \"Steel kettle, 1.5 l\", \"Product 2:\": \"Tea strainer\"}",
     "options": "[\"A: Users who buy product 1 may also buy product 2.\", \"B: ...\", \"C: ...\"]",
     "output": "A", "task": "Product_Relation_Prediction", "split": "train", "setting": "IND_Diverse_Instruction"}
"""
